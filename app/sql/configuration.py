"""The rules the business changes."""

from datetime import datetime

import msgspec

from app.postgres.database import Connection
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


class ConfigChange(msgspec.Struct, frozen=True):
    """A rule as it is after a change."""

    key: str
    value: msgspec.Raw
    version: int


@sql_function("api.config")
async def config(conn: Connection) -> list[ConfigKey]:
    """Give every rule."""


@sql_function("api.get_config", select="SELECT {call}::text")
async def get_config(conn: Connection, *, key: str) -> str:
    """Give a rule's value as JSON."""


@sql_function("api.set_config")
async def set_config(
    conn: Connection, *, key: str, value: Json, updated_by: str, version: int | None = None
) -> ConfigChange:
    """Change a rule; with `version`, only while the rule is still at that version."""
