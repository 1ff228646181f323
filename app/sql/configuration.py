"""The rules the business changes."""

from datetime import datetime

import msgspec

from app.postgres.database import Connection
from app.sql.query import one, rows, value


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


async def config(conn: Connection) -> list[ConfigKey]:
    """Give every rule. Source: api.config."""
    return await rows(conn, ConfigKey, "SELECT * FROM api.config()")


async def get_config(conn: Connection, *, key: str) -> str:
    """Give a rule's value as JSON. Source: api.get_config."""
    found: str = await value(conn, "SELECT api.get_config(p_key => %(key)s)::text", {"key": key})
    return found


async def set_config(
    conn: Connection, *, key: str, new_value: str, updated_by: str, version: int | None = None
) -> ConfigChange:
    """Change a rule to `new_value`, which is JSON; with `version`, only if it still is at that one.

    Source: api.set_config.
    """
    return await one(
        conn,
        ConfigChange,
        """
        SELECT api.set_config(
            p_key => %(key)s, p_value => %(value)s::jsonb, p_updated_by => %(updated_by)s,
            p_version => %(version)s::integer)
        """,
        {"key": key, "value": new_value, "updated_by": updated_by, "version": version},
    )
