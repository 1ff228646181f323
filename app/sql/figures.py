"""Figures: the dashboard, what is shown over time, and their upkeep."""

from datetime import datetime

import msgspec

from app.postgres.database import Connection
from app.shapes.control_centre import Dashboard
from app.shapes.figures import FigureHistory, Step
from app.sql.function import sql_function


class LiveLook(msgspec.Struct, frozen=True):
    """The dashboard at a moment, its version, and which of the watchers may look no longer."""

    dashboard: msgspec.Raw
    version: str
    refused: list[str]


@sql_function("api.dashboard")
async def dashboard(conn: Connection, *, online_mitras: int | None) -> Dashboard:
    """Give the dashboard; `online_mitras` is Valkey's count, None lets PostgreSQL count."""


@sql_function("api.live_look")
async def live_look(conn: Connection, *, watchers: list[str], online_mitras: int | None) -> LiveLook:
    """Give the dashboard to all who watch it; a watcher is named as `core.may_watch` says."""


@sql_function("api.figure_history")
async def figure_history(
    conn: Connection, *, metric: str, from_at: datetime, to_at: datetime, step: Step
) -> FigureHistory:
    """Give a metric over time."""


@sql_function("api.fold_figures")
async def fold_figures(conn: Connection, *, limit: int) -> int:
    """Add at most `limit` changes to the figures they belong to. Returns how many."""


@sql_function("api.sample_figures")
async def sample_figures(conn: Connection, *, online_mitras: int | None, mirror_lag_ms: float | None) -> bool:
    """Sample the gauges, once a minute. Returns whether it did."""
