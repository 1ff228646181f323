"""The apps' way to the mirror: asked of Valkey, and of PostgreSQL where Valkey can't answer."""

from collections.abc import Sequence
from typing import Self
from uuid import UUID

import msgspec

from app.mirror.reader import MirrorReader, connect_reader
from app.mirror.server import Server
from app.mirror.together import Together
from app.observability import metrics
from app.postgres.database import Database
from app.runtime import instant
from app.settings import ValkeySettings
from app.sql import mirror
from app.sql.mirror import Beacon
from app.valkey.answers import NoAnswer

LEASE_MS = 60_000
"""A lease outlives two missed renewals; the leases of a dead instance run out by themselves."""

BEATS_A_CALL = 256
LEASES_A_CALL = 200
PUBLISHED_A_CALL = 100


class Gateway(MirrorReader):
    """The one way from the apps to the mirror. No method raises because of Valkey; `beats` gives NoAnswer.

    Valkey answers within VALKEY_TIMEOUT_MS and from a whole mirror; otherwise PostgreSQL answers. Where no single SQL
    function could, a question gives None, `is_whole` and what is told to Valkey give False. While Valkey is away no
    request waits for it (app.mirror.server).
    """

    def __init__(self, server: Server, db: Database) -> None:
        super().__init__(server)
        self._db = db
        self.beats: Together[str, bool] = Together(self._record, most=BEATS_A_CALL)
        """Records heartbeats in Valkey, by the mitra's id; False, or NoAnswer, where PostgreSQL has to judge."""
        self.beacons: Together[None, Beacon] = Together(self._read_beacon, most=1)
        """Gives the beacon as `beacon` does."""
        self._recorded = metrics.mirror_answers.labels("beat", "valkey")

    @classmethod
    async def open(cls, settings: ValkeySettings, db: Database) -> Self:
        """Connect to Valkey, if it is there; `db` answers when it is not, and belongs to the caller."""
        return cls(await connect_reader(settings), db)

    async def beat(self, mitra_id: UUID) -> None:
        """Record a mitra's heartbeat.

        All beats of one event-loop turn share a round trip to Valkey. When the mirror does not expect a beat of this
        mitra, or is not whole, PostgreSQL judges and records it; its refusals (NOT_ONLINE, MITRA_DEACTIVATED) are
        raised as psycopg errors.
        """
        if not await self.beat_in_mirror(mitra_id):
            metrics.mirror_answers.labels("beat", "postgres").inc()
            await self._db.call(mirror.record_heartbeat, mitra_id=mitra_id)

    async def beat_in_mirror(self, mitra_id: UUID) -> bool:
        """Record a heartbeat in Valkey, and do not ask PostgreSQL; False when no whole mirror took it."""
        try:
            return await self.beats(str(mitra_id))
        except NoAnswer:
            return False

    async def beacon(self) -> Beacon:
        """Whether anybody is available: the shared snapshot, at most 10 s old, or else PostgreSQL's own count."""
        beacon = await self.beacons(None)
        metrics.mirror_answers.labels("beacon", beacon.source).inc()
        return beacon

    async def lease(self, user_type: str, user_id: UUID, connection_id: str) -> bool:
        """Show all instances for 60 s that this connection lives; False when Valkey did not take it."""
        return await self.renew([(user_type, user_id, connection_id)])

    async def renew(self, leases: Sequence[tuple[str, UUID, str]]) -> bool:
        """Lease these connections (user type, user, id) for another 60 s; False when Valkey did not take them all."""
        try:
            for first in range(0, len(leases), LEASES_A_CALL):
                await self._server.run(
                    self._server.scripts.lease, LEASE_MS, *self._pairs(leases[first : first + LEASES_A_CALL])
                )
        except NoAnswer:
            return False
        return True

    async def unleased(self, leases: Sequence[tuple[str, UUID, str]]) -> int | None:
        """How many of these leases (user type, user, id), at most 200, Valkey has lost; None when unknown."""
        try:
            lost: int = await self._server.run(self._server.scripts.unleased, *self._pairs(leases))
        except NoAnswer:
            return None
        return lost

    async def release(self, user_type: str, user_id: UUID, connection_id: str) -> bool:
        """End a connection's lease at once; False when Valkey did not take it, and the lease runs out by itself."""
        try:
            await self._server.run(self._server.scripts.release, *self._pairs([(user_type, user_id, connection_id)]))
        except NoAnswer:
            return False
        return True

    async def publish(self, frames: Sequence[tuple[str, bytes]]) -> bool:
        """Publish (recipient, frame) pairs in order, at most 100; False when Valkey may not have taken them all.

        Recipients are `<user_type>:<uuid>`.
        """
        flat = [part for recipient, frame in frames for part in (self._server.keys.channel_of(recipient), frame)]
        try:
            await self._server.run(self._server.scripts.publish, *flat)
        except NoAnswer:
            return False
        return True

    def _pairs(self, leases: Sequence[tuple[str, UUID, str]]) -> list[str]:
        return [
            text
            for user_type, user_id, connection_id in leases
            for text in (self._server.keys.lease(user_type, user_id), connection_id)
        ]

    async def _record(self, mitra_ids: Sequence[str]) -> Sequence[bool]:
        verdicts = await self._server.run(self._server.scripts.beat, *mitra_ids)
        recorded = [True] * len(mitra_ids) if verdicts == 1 else [verdict == ord("1") for verdict in verdicts]
        self._recorded.inc(sum(recorded))
        return recorded

    async def _read_beacon(self, _: Sequence[None]) -> Sequence[Beacon]:
        try:
            beacon = msgspec.json.decode(await self._server.run(self._server.scripts.beacon), type=Beacon)
            instant.read(beacon.as_of)
        except (NoAnswer, msgspec.DecodeError, ValueError, RecursionError):
            # Also when another program wrote what is no beacon.
            beacon = await self._db.call(mirror.availability)
        return [beacon]
