"""How far messages have reached the parties: gathered, and written together."""

import asyncio
import contextlib
from collections.abc import Callable
from uuid import UUID

import psycopg
import structlog

from app.database import Database
from app.sockets.frames import OTHER_PARTY, MessageDelivered, write
from app.sockets.limits import DELIVERY_SECONDS, GATHERED_DELIVERIES
from app.sql import messages

log = structlog.get_logger(__name__)


class Deliveries:
    """Watermarks of this instance on their way to PostgreSQL, one call for all of them every 400 ms."""

    def __init__(self, db: Database, tell: Callable[[str, bytes], None]) -> None:
        """`tell(recipient, frame)` tells the other party."""
        self._db = db
        self._tell = tell
        self._reached: dict[tuple[UUID, str], int] = {}
        self._some = asyncio.Event()

    def note(self, session_id: UUID, party: str, seq: int) -> None:
        """A party's device was given everything up to a session's message `seq`."""
        place = (session_id, party)
        if place in self._reached or len(self._reached) < GATHERED_DELIVERIES:
            self._reached[place] = max(seq, self._reached.get(place, 0))
            self._some.set()

    async def run(self) -> None:
        """Write until cancelled; what PostgreSQL did not take is tried again."""
        while True:
            await self._some.wait()
            await asyncio.sleep(DELIVERY_SECONDS)
            try:
                await self.flush()
            except psycopg.OperationalError as error:
                log.warning("deliveries_unwritten", reason=str(error))

    async def flush(self) -> None:
        """Write what was gathered, and tell the other parties what of it is news."""
        self._some.clear()
        reached, self._reached = self._reached, {}
        if not reached:
            return
        try:
            news = await self._db.call(
                messages.deliver_messages,
                session_ids=[session_id for session_id, _ in reached],
                parties=[party for _, party in reached],
                seqs=list(reached.values()),
            )
        except BaseException:
            for (session_id, party), seq in reached.items():
                self.note(session_id, party, seq)
            raise
        for one in news:
            if one.other_id is not None:
                frame = MessageDelivered(one.session_id, OTHER_PARTY[one.other_type], one.delivered_seq)
                self._tell(f"{one.other_type}:{one.other_id}", write(frame))

    async def finish(self, seconds: float) -> None:
        """Write what is left, if that is possible soon."""
        with contextlib.suppress(psycopg.Error, TimeoutError):
            async with asyncio.timeout(seconds):
                await self.flush()
