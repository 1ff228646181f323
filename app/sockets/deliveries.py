"""Up to which message each party's device has got a session's messages: gathered, and written together."""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

import psycopg
import structlog

from app.observability.faults import Series
from app.postgres.database import Database
from app.sockets.delivery_pings import Given
from app.sockets.frames import OTHER_PARTY, MessageDelivered, write
from app.sql import messages
from app.wire.socket_limits import DELIVERY_SECONDS, GATHERED_DELIVERIES

log = structlog.get_logger(__name__)

TEMPORARY = (psycopg.OperationalError, psycopg.errors.ReadOnlySqlTransaction, asyncio.CancelledError)
"""After these errors the same call may succeed. After others the marks are dropped: the next message moves them."""


class Deliveries:
    """Watermarks of this instance on their way to PostgreSQL, one call for all of them every 400 ms."""

    def __init__(self, db: Database, tell: Callable[[str, bytes], None]) -> None:
        """`tell(recipient, frame)` tells the other party."""
        self._db = db
        self._tell = tell
        self._reached: dict[tuple[UUID, str, UUID], Given] = {}
        self._gathered = asyncio.Event()
        self._failures = Series(log, "deliveries_unwritten")

    def note(self, session_id: UUID, party: str, user_id: UUID, given: Given) -> None:
        """A device of this party of a session has all these messages."""
        place = (session_id, party, user_id)
        noted = self._reached.get(place)
        if noted is None and len(self._reached) >= GATHERED_DELIVERIES:
            return
        # Where a gap is between the two, only the earlier one is kept; the later one comes again with the next message.
        first, second = sorted((noted or given, given))
        self._reached[place] = Given(first.after, max(first.seq, second.seq)) if second.after <= first.seq else first
        self._gathered.set()

    async def run(self) -> None:
        """Write until cancelled; what PostgreSQL did not take while it was away is tried again."""
        while True:
            await self._gathered.wait()
            await asyncio.sleep(DELIVERY_SECONDS)
            try:
                await self.flush()
            except psycopg.Error as error:
                self._failures.failed(error)
            else:
                self._failures.ended()

    async def flush(self) -> None:
        """Write what was gathered, and tell the other parties what is news to them."""
        self._gathered.clear()
        reached, self._reached = self._reached, {}
        if not reached:
            return
        try:
            news = await self._db.call(
                messages.deliver_messages,
                session_ids=[session_id for session_id, _, _ in reached],
                parties=[party for _, party, _ in reached],
                user_ids=[user_id for _, _, user_id in reached],
                after_seqs=[given.after for given in reached.values()],
                seqs=[given.seq for given in reached.values()],
            )
        except TEMPORARY:
            for place, given in reached.items():
                self.note(*place, given)
            raise
        for mark in news:
            if mark.other_id is not None:
                frame = MessageDelivered(mark.session_id, OTHER_PARTY[mark.other_type], mark.delivered_seq)
                self._tell(f"{mark.other_type}:{mark.other_id}", write(frame))

    async def finish(self, seconds: float) -> None:
        """Write what is left, if that is possible soon."""
        with contextlib.suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(seconds):
                await self.flush()
