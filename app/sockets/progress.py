"""Where one socket is in its user's stream of stored events, and what brings it forward."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

import psycopg

from app import metrics
from app.patience import pauses
from app.problems import Problem
from app.sockets.closing import Close
from app.sockets.frames import Resumed, write
from app.sockets.limits import (
    HELD_PASSING_FRAMES,
    HOLD_SECONDS,
    REPLAY_EVENTS,
    REPLAY_PAGE_EVENTS,
    WAITING_RESUMES,
)
from app.sockets.outbox import Outbox
from app.sql.events import StoredEvent, StreamPosition

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 4.0


class Stream(Protocol):
    """One user's stored events in PostgreSQL."""

    async def position(self) -> StreamPosition:
        """The newest number, and the one up to which retention took the events."""

    async def after(self, seq: int, limit: int) -> Sequence[StoredEvent]:
        """The events after a number, in order."""


class Progress:
    """Forwards stored events to one socket without gap or repeat.

    Only `seq` = last + 1 is forwarded; a lower one is dropped, a higher one makes the gap be read from PostgreSQL.
    While a resume is being answered, and for one second after the start when none came, live events are only counted:
    they are read from PostgreSQL afterwards, so that waiting costs no memory.
    """

    __slots__ = ("_hold", "_outbox", "_passing", "_resumes", "_stream", "_task", "_told", "last", "seen")

    def __init__(self, outbox: Outbox, stream: Stream, told: Callable[[bytes], None], last: int) -> None:
        self.last = last
        """The newest event forwarded."""
        self.seen = last
        """The newest event known to exist."""
        self._outbox = outbox
        self._stream = stream
        self._told = told
        self._resumes: deque[int] = deque()
        self._passing: deque[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._hold: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._flow)

    def event(self, seq: int, frame: bytes) -> None:
        """Take a stored event that was published or polled; in any order, any number of times."""
        if seq <= self.seen:
            return
        self.seen = seq
        if self._waiting:
            return
        if seq == self.last + 1:
            self._forward(seq, frame)
        else:
            metrics.socket_gaps.inc()
            self._advance()

    def passing(self, frame: bytes) -> None:
        """Take a frame without a number; it waits behind a resume like the events do."""
        if not self._waiting:
            self._outbox.put(frame)
            return
        if self._passing is None:
            self._passing = deque(maxlen=HELD_PASSING_FRAMES)
        self._passing.append(frame)

    def resume(self, after_seq: int) -> None:
        """Replay what came after `after_seq`, then answer `resumed`; further ones wait for the first.

        Raises RATE_LIMITED when eight wait already.
        """
        if len(self._resumes) >= WAITING_RESUMES:
            raise Problem("RATE_LIMITED", "Too many resumes wait to be answered; await resumed before the next.")
        self._drop_hold()
        self._resumes.append(after_seq)
        self._advance()

    def stop(self) -> None:
        """The socket ended."""
        self._drop_hold()
        if self._task is not None:
            self._task.cancel()

    @property
    def _waiting(self) -> bool:
        return self._hold is not None or self._task is not None

    def _forward(self, seq: int, frame: bytes) -> None:
        self.last = seq
        self._outbox.put(frame)

    def _flow(self) -> None:
        """No resume came in time: what happened since `ready` goes out now."""
        self._hold = None
        if self.seen > self.last:
            self._advance()
        else:
            self._release_passing()

    def _drop_hold(self) -> None:
        if self._hold is not None:
            self._hold.cancel()
            self._hold = None

    def _release_passing(self) -> None:
        if self._passing is not None:
            for frame in self._passing:
                self._outbox.put(frame)
            self._passing = None

    def _advance(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._catch_up())

    async def _catch_up(self) -> None:
        """Answer the resumes that wait, and read until nothing newer is known."""
        try:
            while not self._outbox.closing:
                if self._resumes:
                    await self._replay(self._resumes.popleft())
                elif self.seen > self.last:
                    await self._read_page()
                else:
                    break
        except psycopg.Error:
            self._outbox.close(Close.TRY_AGAIN_LATER)
            raise
        finally:
            self._task = None
        self._release_passing()

    async def _replay(self, after: int) -> None:
        position = await self._patiently(self._stream.position)
        recovered = position.floor_seq <= after <= position.last_seq and position.last_seq - after <= REPLAY_EVENTS
        self.last = after if recovered else position.last_seq
        self.seen = max(self.seen, position.last_seq)
        while self.last < position.last_seq and not self._outbox.closing:
            if not await self._read_page():
                self._outbox.close(Close.BEHIND)
        self._outbox.put(write(Resumed(recovered, self.last)))

    async def _read_page(self) -> bool:
        """Forward what comes next; False when there is nothing."""
        last, seen = self.last, self.seen
        events = await self._patiently(lambda: self._stream.after(last, REPLAY_PAGE_EVENTS))
        if not events:
            if self.seen == seen:
                self.seen = last  # what was announced does not exist: a forged frame
            return False
        for event in events:
            if event.seq != self.last + 1:
                # Retention overtook this socket: it resumes, and is told then that the gap can't be recovered.
                self._outbox.close(Close.BEHIND)
                return False
            frame = bytes(event.frame)
            self._forward(event.seq, frame)
            self._told(frame)
            await self._outbox.room()
        self.seen = max(self.seen, self.last)
        return True

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Read from PostgreSQL, again and again while it is away: a replay is never partial."""
        for pause in pauses(0.25, LONGEST_PAUSE_SECONDS):
            try:
                return await read()
            except psycopg.OperationalError:
                await asyncio.sleep(pause)
        raise AssertionError("pauses never end")
