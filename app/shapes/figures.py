"""Figures over time."""

from typing import Annotated, Literal

from msgspec import Meta, field

from app.runtime.instant import Instant
from app.shapes.base import Moment, Reply, Request

Step = Literal["minute", "hour", "day"]


class FigureRange(Request, frozen=True):
    """Which metric, from when until when, and one value for how long."""

    metric: Annotated[str, Meta(min_length=1, max_length=80)]
    from_: Moment = field(name="from")
    to: Moment
    step: Step = "minute"


class FigurePoint(Reply, frozen=True):
    """The value of the step that began at this time; null when nothing is known, or there was nothing to measure."""

    at: Instant
    value: int | float | None


class Metric(Reply, frozen=True):
    """What a metric means, and its unit."""

    metric: str
    unit: str
    meaning: str


class FigureHistory(Reply, frozen=True):
    """A metric over time, oldest first, with what it means and its unit."""

    metric: str
    unit: str
    meaning: str
    step: Step
    items: list[FigurePoint]
