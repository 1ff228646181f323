"""The ids of the things that a request is about: its line in the log has them, so that it is found by any of them."""

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from app.shapes.offers import Offer
from app.shapes.payments import PaymentRequest
from app.shapes.sessions import Extension, Session

# What the `id` of a reply is called in the log.
_NAMES: Mapping[type, str] = {
    Extension: "extension_id",
    Offer: "offer_id",
    PaymentRequest: "payment_request_id",
    Session: "session_id",
}
# The ids of other things that a reply names.
_OTHERS = ("session_id", "payment_request_id", "receipt_id")


def ids_in(path: Mapping[str, Any]) -> dict[str, str]:
    """The ids of a route, by their names there."""
    return {name: str(value) for name, value in path.items() if isinstance(value, UUID)}


def ids_of(reply: object) -> dict[str, str]:
    """The ids of what is answered."""
    kind: type = type(reply)
    named = ((name, getattr(reply, field)) for field, name in _fields(kind))
    return {name: str(value) for name, value in named if value is not None}


@cache
def _fields(kind: type) -> list[tuple[str, str]]:
    """The fields of a kind of reply that hold ids, and what each is called in the log."""
    own = [("id", name) for shape, name in _NAMES.items() if issubclass(kind, shape)]
    there = getattr(kind, "__struct_fields__", ())
    return [*own, *((name, name) for name in _OTHERS if name in there)]
