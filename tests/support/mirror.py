"""A mirror on a real Valkey, written as a leading listener does."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import UUID, uuid4

import psycopg
from psycopg.rows import class_row

from app.mirror.server import Server
from app.mirror.writer import Writer
from app.settings import ValkeySettings
from app.sql.mirror import MitraState
from app.valkey.answers import NoAnswer

NO_BEACONS: list[str | bytes] = [
    *(
        f'{{"available":true,"available_mitras":42,"as_of":"{time}","source":"valkey"}}'
        for time in (
            "", "now", "2026-01-01T00:00:00.000000", "2026-01-01T07:00:00.000000+07:00", "2026-01-01T00:00:00Z",
            "2026-13-01T00:00:00.000000Z", "2026-01-01T00:00:00.000000Z\\n", "٢٠٢٦-01-01T00:00:00.000000Z",
        )
    ),
    '{"available":true}',
    "not JSON",
    '{"deep":' + "[" * 100_000,
    b"\xff",
]  # fmt: skip
"""What another program might have written in place of a beacon."""

EPOCH = 7
STALE_SECONDS = 90


@dataclass(frozen=True)
class Truth:
    """A mitra as PostgreSQL would tell it: online, active and idle unless said otherwise."""

    mitra_id: UUID = field(default_factory=uuid4)
    is_online: bool = True
    is_active: bool = True
    capacity: int = 0
    max_sessions: int = 3
    beat_ago: float | None = 1.0
    idle_for: float = 60.0
    version: int = 1

    def now(self, **changes: object) -> "Truth":
        """The same mitra, changed and one version later."""
        return replace(self, **{"version": self.version + 1, **changes})  # type: ignore[arg-type]

    @property
    def state(self) -> MitraState:
        """As api.mirror_state returns it."""
        now = datetime.now(UTC)
        return MitraState(
            mitra_id=self.mitra_id,
            is_online=self.is_online,
            is_active=self.is_active,
            capacity=self.capacity,
            max_sessions=self.max_sessions,
            last_heartbeat_at=None if self.beat_ago is None else now - timedelta(seconds=self.beat_ago),
            idle_since=now - timedelta(seconds=self.idle_for),
            version=self.version,
        )


def _state(truth: Truth | MitraState) -> MitraState:
    return truth.state if isinstance(truth, Truth) else truth


class Mirror:
    """A whole mirror and the means to change and to read it."""

    def __init__(self, server: Server, settings: ValkeySettings) -> None:
        self.server = server
        self.settings = settings
        self.keys = server.keys
        self.writer = Writer(server, epoch=EPOCH)

    async def seed(self, *truths: Truth | MitraState, stale_seconds: float = STALE_SECONDS) -> None:
        """Make it whole, with these mitras, whose heartbeats Valkey has heard before."""
        for truth in truths:
            if (state := _state(truth)).is_online and state.last_heartbeat_at is not None:
                heard_at = round(state.last_heartbeat_at.timestamp() * 1000)
                await self.server.command("ZADD", self.keys.lapsed, heard_at, str(state.mitra_id))
        await self.writer.begin("seed", heartbeat_stale_seconds=stale_seconds)
        if truths:
            await self.write(*truths)
        await self.writer.finish("seed")

    async def keep(self, ended: Event) -> None:
        """Be the listener that is well, until it `ended`; a sign of life that is gone, or for ever, stays so."""
        server = await Server.open(self.settings, name="test-keeper", timeout=5.0)
        while not ended.is_set():
            with suppress(NoAnswer):
                await server.command("PEXPIRE", server.keys.alive, 5000, "XX")
            for _ in range(10):
                if not ended.is_set():
                    await asyncio.sleep(0.05)
        await server.close()

    async def count_again(self) -> None:
        """As if what was planted or removed by hand had always been so: the mirror's own counts agree with it."""
        keys = self.keys
        counting = (
            ("SCARD", keys.online), ("SCARD", keys.deactivated), ("HLEN", keys.mitras), ("ZCARD", keys.free),
            ("ZCARD", keys.full), ("ZCARD", keys.lapsed), ("ZCARD", keys.ranked),
        )  # fmt: skip
        counts = [await self.server.command(*command) for command in counting]
        stale_ms = await self.text("HGET", keys.settings, "heartbeat_stale_ms")
        holds = " ".join(map(str, [*counts, stale_ms]))
        there = sum(count > 0 for count in counts) + 1
        await self.server.command("HSET", keys.epoch, "holds", holds, "keys", there)

    async def write(self, *truths: Truth | MitraState) -> dict[UUID, int]:
        """Write them; the newer versions of those refused."""
        states = [_state(truth) for truth in truths]
        return (await self.writer.apply(states)).refused

    async def text(self, *command: str | int) -> str | None:
        """A command's answer as text."""
        answer: bytes | None = await self.server.command(*command)
        return None if answer is None else answer.decode()

    async def members(self, key: str) -> set[str]:
        """A set's members."""
        return {member.decode() for member in await self.server.command("SMEMBERS", key)}

    async def ranked(self) -> list[UUID]:
        """The ranked mitras, the best first."""
        return [UUID(member.decode()) for member in await self.server.command("ZRANGE", self.keys.ranked, 0, -1)]

    async def heartbeat(self, mitra_id: UUID) -> datetime | None:
        """When the mitra last beat."""
        text = await self.text("GET", self.keys.heartbeat(mitra_id))
        return None if text is None else datetime.fromisoformat(text)


async def seed_mirror(
    settings: ValkeySettings, conn: psycopg.Connection, *, stale_seconds: float = STALE_SECONDS
) -> None:
    """Make the mirror whole, with the mitras there are in the database."""
    server = await Server.open(settings, name="test-seed", timeout=2.0)
    try:
        with conn.cursor(row_factory=class_row(MitraState)) as cursor:
            states = cursor.execute("SELECT * FROM api.mirror_page()").fetchall()
        await Mirror(server, settings).seed(*states, stale_seconds=stale_seconds)
    finally:
        await server.close()


@asynccontextmanager
async def kept_mirror(settings: ValkeySettings) -> AsyncIterator[Mirror]:
    """A mirror that a listener keeps meanwhile, as one would that still has PostgreSQL."""
    server = await Server.open(settings, name="test-mirror", timeout=5.0)
    try:
        async with kept(Mirror(server, settings)) as mirror:
            yield mirror
    finally:
        await server.close()


@asynccontextmanager
async def kept(mirror: Mirror) -> AsyncIterator[Mirror]:
    """A listener keeps the mirror meanwhile, in a thread: a test that starts an app stands still itself."""
    ended = Event()
    thread = Thread(target=lambda: asyncio.run(mirror.keep(ended)), name="test-keeper")
    thread.start()
    try:
        yield mirror
    finally:
        ended.set()
        await asyncio.to_thread(thread.join)
