"""What a time would have been under other rules: asked for by operators, made by the listener part by part."""

from datetime import datetime
from uuid import UUID

from app.postgres.database import Connection
from app.shapes.replays import Replay, Replays
from app.sql.function import Json, sql_function
from app.sql.query import value


async def replay(conn: Connection, *, from_at: datetime, to_at: datetime, settings: Json, seed: int) -> str:
    """Replay a time at once. Returns JSON, to be read by people."""
    answer: str = await value(
        conn,
        "SELECT jsonb_pretty(ops.replay(%(from_at)s, %(to_at)s, %(settings)s, %(seed)s))",
        {"from_at": from_at, "to_at": to_at, "settings": settings, "seed": seed},
    )
    return answer


@sql_function("api.request_replay")
async def request_replay(
    conn: Connection, *, from_at: datetime, to_at: datetime, settings: Json, actor_id: UUID, seed: int
) -> Replay:
    """Ask for a replay in the background."""


@sql_function("api.find_replay")
async def find_replay(conn: Connection, *, replay_id: UUID) -> Replay:
    """Give a replay."""


@sql_function("api.list_replays")
async def list_replays(conn: Connection, *, actor_id: UUID, limit: int | None, cursor: str | None) -> Replays:
    """Give an operator's last replays."""


@sql_function("api.cancel_replay")
async def cancel_replay(conn: Connection, *, replay_id: UUID, actor_id: UUID) -> Replay:
    """End a replay that is being made."""


@sql_function("api.claim_replay")
async def claim_replay(conn: Connection) -> UUID | None:
    """Take the replay that has waited longest; it is set aside until its part succeeds."""


@sql_function("api.make_replay")
async def make_replay(conn: Connection, *, replay_id: UUID) -> bool:
    """Make the next part of a replay. Returns whether there are more."""
