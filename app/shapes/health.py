"""Whether a process lives and serves."""

from typing import Literal

from app.shapes.base import Reply


class Alive(Reply, frozen=True):
    """The process lives."""

    status: Literal["alive"] = "alive"


class Readiness(Reply, frozen=True):
    """Requests can be served, because PostgreSQL is up. `reasons` name trouble that all processes share."""

    valkey: Literal["up", "down"]
    postgres: Literal["up"] = "up"
    status: Literal["ready", "degraded"] = "ready"
    reasons: list[str] = []  # noqa: RUF012  # msgspec makes a new list for each struct
