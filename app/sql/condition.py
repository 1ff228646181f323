"""Whether the system as a whole does its work."""

import msgspec

from app.postgres.database import Connection
from app.shapes.system import DatabaseReport, Violations
from app.sql.function import sql_function


class Condition(msgspec.Struct, frozen=True):
    """What SQL can judge. Ages are in seconds, 0 when there is nothing of that kind; `reasons` name what is wrong."""

    is_writable: bool
    event_seconds: float
    deadline_seconds: float
    search_seconds: float
    vacant_seconds: float
    transaction_seconds: float
    queue_usage: float
    reasons: list[str]


class MoneyCondition(msgspec.Struct, frozen=True):
    """Whether all money is accounted for, in rupiah, and how many refunds wait, the oldest for so many seconds."""

    unaccounted: int
    refunds_waiting: int
    refund_seconds: float


class Backlog(msgspec.Struct, frozen=True):
    """How many reports nobody has decided, the oldest open for so many seconds."""

    reports_open: int
    report_seconds: float


@sql_function("api.backlog")
async def backlog(conn: Connection) -> Backlog:
    """Give what waits for operators."""


@sql_function("api.lossy_settings")
async def lossy_settings(conn: Connection) -> list[str]:
    """Give the settings by which a commit may be lost at a crash of the server."""


@sql_function("api.money_condition")
async def money_condition(conn: Connection) -> MoneyCondition:
    """Give whether money is missing, and what is owed back."""


@sql_function("api.system_report")
async def system_report(conn: Connection) -> DatabaseReport:
    """Give how the system is inside."""


@sql_function("api.check_invariants")
async def check_invariants(conn: Connection, *, limit: int, cursor: str | None) -> Violations:
    """Judge for about two seconds: the rules that do not hold, and where to go on."""


@sql_function("api.condition")
async def condition(conn: Connection) -> Condition:
    """Give what is wrong with the system as a whole, and for how long work has waited."""
