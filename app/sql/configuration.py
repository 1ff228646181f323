"""The rules the business changes."""

from datetime import datetime
from uuid import UUID

import msgspec

from app.postgres.database import Connection
from app.shapes.configuration import Rule, RuleChanges, Rules
from app.sql.function import Json, sql_function


class ConfigKey(msgspec.Struct, frozen=True):
    """A rule: its value, what it may be, what it means, and who set it last."""

    key: str
    value: msgspec.Raw
    type: str
    minimum: int | None
    maximum: int | None
    choices: list[str] | None
    description: str
    version: int
    updated_by: str
    updated_at: datetime


@sql_function("api.config")
async def config(conn: Connection) -> list[ConfigKey]:
    """Give every rule."""


@sql_function("api.get_config", select="SELECT {call}::text")
async def get_config(conn: Connection, *, key: str) -> str:
    """Give a rule's value as JSON."""


@sql_function("api.list_config")
async def list_config(conn: Connection, *, limit: int | None, cursor: str | None) -> Rules:
    """Give every rule, as the control centre shows it."""


@sql_function("api.find_config")
async def find_config(conn: Connection, *, key: str) -> Rule:
    """Give a rule."""


@sql_function("api.set_config")
async def set_config(
    conn: Connection,
    *,
    key: str,
    value: Json,
    updated_by: str | None = None,
    version: int | None = None,
    actor_id: UUID | None = None,
) -> Rule:
    """Change a rule; with `version`, only while the rule is still at that version."""


@sql_function("api.config_history")
async def config_history(conn: Connection, *, key: str, limit: int, cursor: str | None) -> RuleChanges:
    """Give who changed a rule, newest first."""


@sql_function("api.undo_config")
async def undo_config(conn: Connection, *, key: str, version: int | None, actor_id: UUID) -> Rule:
    """Put back the value from before the last change."""
