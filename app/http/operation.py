"""One method of one route as data: who may ask, what is checked, what goes in and comes out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

import msgspec

from app.auth.tokens import UserType
from app.http.call import Call

JSON = "application/json"
EVENTS = "text/event-stream"
REPEATED = 200
"""The status of a repeat, instead of 201."""
METHODS = ("get", "post", "put", "patch", "delete")


class RateRule(NamedTuple):
    """A limit on a route: `setting` names the rate in the settings, `by` says for whom requests are counted.

    `by` is "address" (the client's, or its IPv6 network), "user", or a field of the body, whose value is counted.
    """

    setting: str
    by: str


Guard = Callable[[Call], None]


class Permission(NamedTuple):
    """What an operator's role must allow."""

    resource: str
    action: str


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One method of one route, as data."""

    name: str
    summary: str
    description: str
    allow: frozenset[UserType]
    token: Literal["none", "optional", "required"]
    needs: Permission | None
    rates: tuple[RateRule, ...]
    idempotent: bool
    calls_provider: bool
    stepwise: bool
    guard: Guard | None
    forgiving: bool
    etag: bool
    versioned: bool
    status: int
    repeatable: bool
    refuses: tuple[str, ...]
    body: type[msgspec.Struct] | None
    query: type[msgspec.Struct]
    reply: type[msgspec.Struct] | None
    path: Mapping[str, type]
    event: type[msgspec.Struct] | None = None
    """What each server-sent event of the reply holds; None when the reply is no stream."""

    @cached_property
    def is_audited(self) -> bool:
        """Whether it goes into the audit log: every write of the control centre does."""
        return self.allow == {"cc"} and self.body is not None

    @cached_property
    def takes_password(self) -> bool:
        """Whether its body holds a password."""
        return self.body is not None and "password" in self.body.__struct_fields__

    @cached_property
    def has_version(self) -> bool:
        """Whether the reply is of something that operators edit: it carries the version that a change must name."""
        return self.reply is not None and "version" in self.reply.__struct_fields__

    @cached_property
    def is_list(self) -> bool:
        """Whether it is a list of the control centre, which can be had as CSV."""
        fields = () if self.reply is None else self.reply.__struct_fields__
        return self.allow == {"cc"} and self.body is None and {"items", "next_cursor"} <= set(fields)

    @property
    def codes(self) -> tuple[str, ...]:
        """Every problem code that this operation can answer with, except INTERNAL_ERROR."""
        codes = [*self.refuses, "VALIDATION_ERROR", "PAYLOAD_TOO_LARGE", "SERVICE_UNAVAILABLE"]
        if self.token != "none":  # noqa: S105  # not a secret
            codes += ["UNAUTHENTICATED"]
        if self.allow or self.needs:
            codes += ["FORBIDDEN"]
        if self.path:
            codes += ["NOT_FOUND"]
        if self.versioned:
            codes += ["VERSION_REQUIRED", "VERSION_MISMATCH"]
        if self.rates:
            codes += ["RATE_LIMITED"]
        if self.idempotent:
            codes += ["IDEMPOTENCY_IN_PROGRESS", "IDEMPOTENCY_KEY_REUSED"]
        return tuple(sorted(set(codes)))
