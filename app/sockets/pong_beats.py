"""The pongs of mitras' sockets that count as heartbeats, in the mirror or, while it is away, in PostgreSQL."""

import asyncio
from collections.abc import Sequence
from itertools import islice
from uuid import UUID

import psycopg
import structlog

from app.mirror.gateway import Gateway
from app.mirror.together import Together
from app.observability import metrics
from app.observability.faults import Series
from app.postgres.database import Database
from app.sql import mirror
from app.valkey.answers import NoAnswer
from app.wire.socket_limits import (
    PING_INTERVAL_SECONDS,
    PONG_BEAT_SECONDS,
    PONGS_GATHERED_SECONDS,
    STALE_SECONDS_KNOWN,
)

log = structlog.get_logger(__name__)

PONGS_A_CALL = 1_000


class PongBeats:
    """Judges and records the pongs of this instance.

    A pong is never refused. While the mirror is away, however many sockets answer, PostgreSQL gets one call at a time,
    for what a second gathered.
    """

    def __init__(self, db: Database, gateway: Gateway) -> None:
        self._db = db
        self._gateway = gateway
        self._stale_seconds: float | None = None
        """The last that was known."""
        self._known_until = 0.0
        self._rules: Together[None, float | None] = Together(self._ask_stale_seconds, most=1)
        self._unrecorded: set[UUID] = set()
        self._gathered = asyncio.Event()
        self._unknown = Series(log, "heartbeat_stale_seconds_unknown")
        self._failures = Series(log, "pongs_unrecorded")

    async def count(self, mitra_id: UUID, silence: float) -> None:
        """Count a pong as a beat, unless the app itself has been silent: a library may answer for an app that hangs.

        `silence` is how many seconds ago a frame of the app came. For a mitra that is offline as far as a whole mirror
        knows, or else PostgreSQL, a pong is no beat.
        """
        stale_seconds = self._stale_seconds
        if asyncio.get_running_loop().time() > self._known_until:
            stale_seconds = await self._rules(None)
        if stale_seconds is None or silence > stale_seconds - PONG_BEAT_SECONDS:
            return
        try:
            await self._gateway.beats(str(mitra_id))
        except NoAnswer:
            self._unrecorded.add(mitra_id)
            self._gathered.set()

    async def run(self) -> None:
        """Record in PostgreSQL what the mirror did not take, until cancelled.

        A call that PostgreSQL does not take is dropped, and so is what waited until its next pong was due: that one
        comes before the heartbeat is stale.
        """
        loop = asyncio.get_running_loop()
        while True:
            await self._gathered.wait()
            await asyncio.sleep(PONGS_GATHERED_SECONDS)
            self._gathered.clear()
            unrecorded, self._unrecorded = self._unrecorded, set()
            outdated_at = loop.time() + PING_INTERVAL_SECONDS
            mitra_ids = iter(unrecorded)
            is_well = True
            while loop.time() < outdated_at and (some := list(islice(mitra_ids, PONGS_A_CALL))):
                is_well = await self._record(some) and is_well
            if is_well:
                self._failures.ended()
            if left := sum(1 for _ in mitra_ids):
                log.warning("pongs_outdated", mitras=left)

    async def _record(self, mitra_ids: list[UUID]) -> bool:
        """Record these pongs together; False when PostgreSQL did not take them."""
        try:
            recorded = await self._db.call(mirror.note_heartbeats, mitra_ids=mitra_ids)
        except psycopg.Error as error:
            self._failures.failed(error)
            return False
        metrics.mirror_answers.labels("beat", "postgres").inc(recorded)
        return True

    async def _ask_stale_seconds(self, _: Sequence[None]) -> Sequence[float | None]:
        """After how many seconds a heartbeat is stale, by the mirror, else by PostgreSQL, else as it was known last."""
        if (status := await self._gateway.status()) is not None:
            self._stale_seconds = status.heartbeat_stale_seconds
        else:
            try:
                self._stale_seconds = (await self._db.call(mirror.mirror_rules)).heartbeat_stale_seconds
            except psycopg.Error as error:
                self._unknown.failed(error)
            else:
                self._unknown.ended()
        self._known_until = asyncio.get_running_loop().time() + STALE_SECONDS_KNOWN
        return [self._stale_seconds]
