"""The bases of all shapes: a request, a reply, a page of a list.

Requests refuse unknown fields; replies are what functions of the database answer. Times are UTC, money is whole rupiah.
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

MAX_INT = 2**31 - 1
MAX_BIGINT = 2**63 - 1


Name = Annotated[
    str,
    Meta(
        description="1 to 80 characters on one line; blanks around it are left out.",
        extra_json_schema={"minLength": 1, "maxLength": 80},
    ),
]


Moment = Annotated[datetime, Meta(tz=True, description="A time with its time zone, RFC 3339.")]


class Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a client sends; unknown fields are refused."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What a client gets."""


class Nothing(Request, frozen=True):
    """The body of a route that takes no body, and the query of a route that takes no query."""


class Reasoned(Request, frozen=True, kw_only=True):
    """The body of every change that an operator makes: why, for the audit log. Blanks alone are no reason."""

    reason: Annotated[str, Meta(max_length=500)] | None = None


class Page(Request, frozen=True):
    """Which part of a list: at most `limit` items after the place that `cursor` marks."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[str, Meta(min_length=1, max_length=500)] | None = None


class ShortPage(Request, frozen=True):
    """Which part of a short list; without `limit`, all that is left of it."""

    limit: Annotated[int, Meta(ge=1, le=200)] | None = None
    cursor: Annotated[str, Meta(min_length=1, max_length=500)] | None = None
