"""Where one socket is in its user's stream of stored events, and what brings it forward."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import tell
from app.problems import Problem
from app.runtime.backoff import pauses
from app.sockets.closing import Close
from app.sockets.frames import Refused, Resumed, write
from app.sockets.outbox import Outbox
from app.sql.events import StoredEvent, StreamPosition
from app.wire.socket_limits import (
    FOLLOWED_SESSIONS,
    HELD_PASSING_FRAMES,
    HOLD_SECONDS,
    REPLAY_EVENTS,
    REPLAY_PAGE_EVENTS,
    WAITING_RESUMES,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 4.0
NOT_THEIRS = -1


class Line(msgspec.Struct):
    """Where a socket is in one session's messages."""

    begun: int
    """The device has every message after this one, up to the last."""
    last: int
    """The newest message forwarded."""
    seen: int
    """The newest message known to exist."""
    heard: int = 0
    """How often a newer message than the last forwarded was told of, which a reading under way may have missed."""


class Stream(Protocol):
    """One user's stored events and messages in PostgreSQL."""

    async def position(self) -> StreamPosition:
        """The newest number, and the one up to which retention took the events."""

    async def after(self, seq: int, limit: int) -> Sequence[StoredEvent]:
        """The events after a number, in order."""

    async def last_message(self, session_id: UUID) -> int:
        """The number of a session's newest message."""

    async def messages(self, session_id: UUID, seq: int, limit: int) -> Sequence[StoredEvent]:
        """A session's messages after a number, in order."""


class Progress:
    """Forwards stored events, and the messages of each session, to one socket without gap or repeat.

    Only `seq` = last + 1 is forwarded; a lower one is dropped, a higher one makes the gap be read from PostgreSQL.
    While a resume is being answered, and for one second after the start when none came, what comes live is only
    counted: it is read from PostgreSQL afterwards, so that waiting costs no memory. A session's messages begin with the
    first that comes, or where a resume says.
    """

    __slots__ = (
        "_given",
        "_hold",
        "_lines",
        "_outbox",
        "_passing",
        "_resumes",
        "_stream",
        "_task",
        "_told",
        "last",
        "seen",
    )

    def __init__(
        self,
        outbox: Outbox,
        stream: Stream,
        told: Callable[[bytes], None],
        given: Callable[[UUID, int, int], None],
        last: int,
    ) -> None:
        """`told(frame)` hears of replayed events; `given(session_id, after, seq)` of messages written to the device."""
        self.last = last
        """The newest event forwarded."""
        self.seen = last
        """The newest event known to exist."""
        self._outbox = outbox
        self._stream = stream
        self._told = told
        self._given = given
        self._lines: dict[UUID, Line] = {}
        self._resumes: deque[tuple[int, Mapping[UUID, int]]] = deque()
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

    def message(self, session_id: UUID, seq: int, frame: bytes, *, is_own: bool) -> None:
        """Take a message that was published; in any order, any number of times. What is one's own is not delivered."""
        line = self._lines.get(session_id) or self._begin_line(session_id, seq - 1)
        line.heard += seq > line.last
        if seq <= line.seen:
            return
        line.seen = seq
        if self._waiting:
            return
        if seq == line.last + 1:
            line.last = seq
            self._outbox.put(frame)
            if not is_own and not self._outbox.closing:
                self._given(session_id, line.begun, seq)
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

    def resume(self, after_seq: int, sessions: Mapping[UUID, int]) -> None:
        """Replay what came after `after_seq`, and the messages of `sessions` after the numbers given there.

        Then answer `resumed`; further resumes wait for the first.

        Raises RATE_LIMITED when eight wait already.
        """
        if len(self._resumes) >= WAITING_RESUMES:
            raise Problem("RATE_LIMITED", "Too many resumes wait to be answered; await resumed before the next.")
        self._drop_hold()
        self._resumes.append((after_seq, sessions))
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
        if self.seen > self.last or self._line_behind() is not None:
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

    def _begin_line(self, session_id: UUID, last: int) -> Line:
        if len(self._lines) >= FOLLOWED_SESSIONS:
            self._lines.pop(next(iter(self._lines)))
        line = self._lines[session_id] = Line(last, last, last)
        return line

    def _line_behind(self) -> UUID | None:
        return next((session_id for session_id, line in self._lines.items() if line.seen > line.last), None)

    async def _catch_up(self) -> None:
        """Answer the resumes that wait, and read until nothing newer is known."""
        try:
            while not self._outbox.closing:
                if self._resumes:
                    await self._replay(*self._resumes.popleft())
                elif self.seen > self.last:
                    await self._read_page()
                elif (session_id := self._line_behind()) is not None:
                    await self._read_messages(session_id, self._lines[session_id])
                else:
                    break
        except psycopg.Error as error:
            self._outbox.close(Close.TRY_AGAIN_LATER)
            tell(log, "events_not_read", error)
        finally:
            self._task = None
        self._release_passing()

    async def _replay(self, after: int, sessions: Mapping[UUID, int]) -> None:
        position = await self._patiently(self._stream.position)
        newest = {session_id: await self._newest_message(session_id) for session_id in sessions}
        missed = [newest[session_id] - number for session_id, number in sessions.items() if newest[session_id] >= 0]
        recovered = (
            position.floor_seq <= after <= position.last_seq
            and all(count >= 0 for count in missed)
            and position.last_seq - after + sum(missed) <= REPLAY_EVENTS
        )
        self.last = after if recovered else position.last_seq
        self.seen = max(self.seen, position.last_seq)
        while self.last < position.last_seq and not self._outbox.closing:
            if not await self._read_page():
                self._outbox.close(Close.BEHIND)
        for session_id, number in sessions.items():
            if (last := newest[session_id]) >= 0:
                is_whole = await self._replay_messages(session_id, number if recovered else last, last)
                recovered = recovered and is_whole
        self._outbox.put(write(Resumed(recovered, self.last)))

    async def _newest_message(self, session_id: UUID) -> int:
        """The number of a session's newest message; below zero when the session is not this user's, who is told so."""
        try:
            return await self._patiently(lambda: self._stream.last_message(session_id))
        except psycopg.Error as error:
            problem = Problem.of(error)
            if problem.code != "NOT_FOUND":
                raise
            self._outbox.put(write(Refused.of(problem, session_id=session_id)))
            return NOT_THEIRS

    async def _replay_messages(self, session_id: UUID, after: int, last: int) -> bool:
        """Forward a session's messages up to `last`; False when they are not all there any more."""
        line = self._lines.get(session_id) or self._begin_line(session_id, after)
        line.begun = 0  # who resumes after a message has those before
        line.last = after
        line.seen = max(line.seen, last)
        while line.last < last and not self._outbox.closing:
            if not await self._read_messages(session_id, line):
                line.begun = line.last = last
                return False
        return True

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

    async def _read_messages(self, session_id: UUID, line: Line) -> bool:
        """Forward what comes next in a session; False when there is nothing."""
        last, heard = line.last, line.heard
        try:
            page = await self._patiently(lambda: self._stream.messages(session_id, last, REPLAY_PAGE_EVENTS))
        except psycopg.Error as error:
            if Problem.of(error).code != "NOT_FOUND":
                raise
            page = []  # the session is not this user's any more
        if not page:
            if line.heard == heard:
                line.seen = last  # what was announced does not exist: a forged frame
            return False
        for message in page:
            line.last = message.seq
            self._outbox.put(bytes(message.frame))
            await self._outbox.room()
        line.seen = max(line.seen, line.last)
        if not self._outbox.closing:
            self._given(session_id, line.begun, line.last)
        return True

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Read from PostgreSQL, again and again while it is away: a replay is never partial."""
        for pause in pauses(0.25, LONGEST_PAUSE_SECONDS):
            try:
                return await read()
            except psycopg.OperationalError:
                await asyncio.sleep(pause)
        raise AssertionError("pauses never end")
