"""The rules of the business, as operators read and change them."""

from typing import Any, Literal

from app.runtime.instant import Instant
from app.shapes.base import Reasoned, Reply


class RuleValue(Reasoned, frozen=True, kw_only=True):
    """What a rule is to be; its type, range and choices are checked."""

    value: Any


class Rule(Reply, frozen=True):
    """A rule of the business: its value, what the value may be, what it means, and who set it last."""

    key: str
    value: Any
    default_value: Any
    type: Literal["integer", "integers", "boolean", "choice", "time_zone"]
    unit: str | None
    minimum: int | None
    maximum: int | None
    choices: list[str] | None
    description: str
    version: int
    updated_by: str
    updated_at: Instant


class Rules(Reply, frozen=True):
    """Every rule of the business."""

    items: list[Rule]
    next_cursor: str | None


class RuleChange(Reply, frozen=True):
    """One change of a rule."""

    at: Instant
    actor: str
    before: Any
    after: Any
    reason: str | None


class RuleChanges(Reply, frozen=True):
    """A page of a rule's changes, newest first."""

    items: list[RuleChange]
    next_cursor: str | None
