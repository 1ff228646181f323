"""One socket's place in its user's stream of stored events and in the messages of each session."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Protocol, TypeVar
from uuid import UUID

import msgspec
import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import log_fault
from app.problems import Problem
from app.runtime.backoff import pauses
from app.sockets.closing import Close
from app.sockets.frames import Refused, Resumed, write
from app.sockets.send_queue import SendQueue
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


class SessionPlace(msgspec.Struct):
    """A socket's place in the messages of one session."""

    given_after: int
    """The device was given every message after this number, up to `forwarded`."""
    forwarded: int
    """The newest message that was forwarded."""
    newest_known: int
    """The newest message that is known to exist."""
    announcements: int = 0
    """How often a newer message than `forwarded` was announced. If it grew during a read, a page without the message
    does not show that the frame was forged."""


class Stream(Protocol):
    """One user's stored events and messages in PostgreSQL."""

    async def position(self) -> StreamPosition:
        """The number of the newest event, and the number up to which events were removed."""

    async def after(self, seq: int, limit: int) -> Sequence[StoredEvent]:
        """The events after a number, in order."""

    async def last_message(self, session_id: UUID) -> int:
        """The number of a session's newest message."""

    async def messages(self, session_id: UUID, seq: int, limit: int) -> Sequence[StoredEvent]:
        """A session's messages after a number, in order."""


class Progress:
    """Forwards stored events, and the messages of each session, to one socket without gap or repeat.

    Only the frame with `seq` = forwarded + 1 is forwarded. A lower number is dropped. After a higher number the gap is
    read from PostgreSQL.

    Live events and messages wait while a resume is being answered. At first they wait for one second, or until a resume
    is answered. While they wait, only the newest number is kept. Afterwards they are read from PostgreSQL, so waiting
    costs no memory. The messages of a session begin with the first that comes live, or after the number in a resume.
    """

    __slots__ = (
        "_hold",
        "_on_event",
        "_on_messages",
        "_passing",
        "_places",
        "_queue",
        "_resumes",
        "_stream",
        "_task",
        "forwarded",
        "newest_known",
    )

    def __init__(
        self,
        queue: SendQueue,
        stream: Stream,
        on_event: Callable[[bytes], None],
        on_messages: Callable[[UUID, int, int], None],
        forwarded: int,
    ) -> None:
        """`on_event(frame)` is called with each replayed event.

        `on_messages(session_id, after, seq)` is called with the messages that were written: after one number, up to
        another.
        """
        self.forwarded = forwarded
        """The newest event that was forwarded."""
        self.newest_known = forwarded
        """The newest event that is known to exist."""
        self._queue = queue
        self._stream = stream
        self._on_event = on_event
        self._on_messages = on_messages
        self._places: dict[UUID, SessionPlace] = {}
        self._resumes: deque[tuple[int, Mapping[UUID, int], float]] = deque()
        self._passing: deque[bytes] | None = None
        self._task: asyncio.Task[None] | None = None
        self._hold: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(HOLD_SECONDS, self._end_hold)

    def event(self, seq: int, frame: bytes) -> None:
        """Take a stored event that was published or polled. Events may come in any order, and any number of times."""
        if seq <= self.newest_known:
            return
        self.newest_known = seq
        if self._waiting:
            return
        if seq == self.forwarded + 1:
            self._forward(seq, frame)
        else:
            metrics.socket_gaps.inc()
            self._advance()

    def message(self, session_id: UUID, seq: int, frame: bytes, *, is_own: bool) -> None:
        """Take a message that was published. Messages may come in any order, and any number of times.

        A message that the user sent (`is_own`) does not count as delivered.
        """
        place = self._places.get(session_id) or self._begin_messages(session_id, seq - 1)
        if seq > place.forwarded:
            place.announcements += 1
        if seq <= place.newest_known:
            return
        place.newest_known = seq
        if self._waiting:
            return
        if seq == place.forwarded + 1:
            place.forwarded = seq
            self._queue.put(frame)
            if not is_own and not self._queue.closing:
                self._on_messages(session_id, place.given_after, seq)
        else:
            metrics.socket_gaps.inc()
            self._advance()

    def passing(self, frame: bytes) -> None:
        """Take a frame without a number; it waits behind a resume like events do."""
        if not self._waiting:
            self._queue.put(frame)
            return
        if self._passing is None:
            self._passing = deque(maxlen=HELD_PASSING_FRAMES)
        self._passing.append(frame)

    def resume(self, after_seq: int, sessions: Mapping[UUID, int]) -> None:
        """Replay the events after `after_seq`, and the messages of `sessions` after the numbers given there.

        Then answer `resumed`. Further resumes are answered after this one. Raises RATE_LIMITED when eight wait already.
        """
        if len(self._resumes) >= WAITING_RESUMES:
            raise Problem("RATE_LIMITED", "Too many resumes wait to be answered; await resumed before the next.")
        self._drop_hold()
        self._resumes.append((after_seq, sessions, time.perf_counter()))
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
        self.forwarded = seq
        self._queue.put(frame)

    def _end_hold(self) -> None:
        """No resume came in time: forward what happened since `ready`."""
        self._hold = None
        if self.newest_known > self.forwarded or self._session_behind() is not None:
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
                self._queue.put(frame)
            self._passing = None

    def _advance(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._catch_up())

    def _begin_messages(self, session_id: UUID, last: int) -> SessionPlace:
        if len(self._places) >= FOLLOWED_SESSIONS:
            self._places.pop(next(iter(self._places)))
        place = self._places[session_id] = SessionPlace(last, last, last)
        return place

    def _session_behind(self) -> UUID | None:
        return next(
            (session_id for session_id, place in self._places.items() if place.newest_known > place.forwarded), None
        )

    async def _catch_up(self) -> None:
        """Answer the resumes that wait, and read from PostgreSQL until nothing newer is known."""
        try:
            while not self._queue.closing:
                if self._resumes:
                    await self._replay(*self._resumes.popleft())
                elif self.newest_known > self.forwarded:
                    await self._read_page()
                elif (session_id := self._session_behind()) is not None:
                    await self._read_messages(session_id, self._places[session_id])
                else:
                    break
        except psycopg.Error as error:
            self._queue.close(Close.TRY_AGAIN_LATER)
            log_fault(log, "events_not_read", error)
        finally:
            self._task = None
        self._release_passing()

    async def _replay(self, after: int, sessions: Mapping[UUID, int], asked_at: float) -> None:
        position = await self._patiently(self._stream.position)
        newest = await self._newest_messages(sessions)
        missed = [last - sessions[session_id] for session_id, last in newest.items()]
        recovered = (
            position.floor_seq <= after <= position.last_seq
            and all(count >= 0 for count in missed)
            and position.last_seq - after + sum(missed) <= REPLAY_EVENTS
        )
        self.forwarded = after if recovered else position.last_seq
        self.newest_known = max(self.newest_known, position.last_seq)
        while self.forwarded < position.last_seq and not self._queue.closing:
            if not await self._read_page():
                # Retention has removed an event meanwhile: the client resumes anew, and is told.
                self._queue.close(Close.BEHIND)
        for session_id, last in newest.items():
            is_whole = await self._replay_messages(session_id, sessions[session_id] if recovered else last, last)
            recovered = recovered and is_whole
        self._queue.put(write(Resumed(recovered, self.forwarded)))
        metrics.socket_resumes.labels().observe(time.perf_counter() - asked_at)

    async def _newest_messages(self, sessions: Iterable[UUID]) -> dict[UUID, int]:
        """The number of each session's newest message. Another user's session is left out, with an error frame."""
        newest: dict[UUID, int] = {}
        for session_id in sessions:
            try:
                newest[session_id] = await self._patiently(partial(self._stream.last_message, session_id))
            except psycopg.Error as error:
                problem = Problem.of(error)
                if problem.code != "NOT_FOUND":
                    raise
                self._queue.put(write(Refused.of(problem, session_id=session_id)))
        return newest

    async def _replay_messages(self, session_id: UUID, after: int, last: int) -> bool:
        """Forward a session's messages up to `last`; False when some of them don't exist any more."""
        place = self._places.get(session_id) or self._begin_messages(session_id, after)
        place.given_after = 0  # by resuming after n the device says that it has 1 to n
        place.forwarded = after
        place.newest_known = max(place.newest_known, last)
        while place.forwarded < last and not self._queue.closing:
            if not await self._read_messages(session_id, place):
                place.given_after = place.forwarded = last
                return False
        return True

    async def _read_page(self) -> bool:
        """Forward the next page of events; False when there is none."""
        forwarded, newest_known = self.forwarded, self.newest_known
        events = await self._patiently(lambda: self._stream.after(forwarded, REPLAY_PAGE_EVENTS))
        if not events:
            if self.newest_known == newest_known:
                # Nothing new was announced during the read: the announced event does not exist, its frame was forged.
                self.newest_known = forwarded
            return False
        for event in events:
            if event.seq != self.forwarded + 1:
                # Retention has removed the next event: the client resumes, and is told that the gap can't be recovered.
                self._queue.close(Close.BEHIND)
                return False
            frame = bytes(event.frame)
            self._forward(event.seq, frame)
            self._on_event(frame)
            await self._queue.room()
        self.newest_known = max(self.newest_known, self.forwarded)
        return True

    async def _read_messages(self, session_id: UUID, place: SessionPlace) -> bool:
        """Forward the next page of a session's messages; False when there is none."""
        forwarded, announcements = place.forwarded, place.announcements
        try:
            page = await self._patiently(lambda: self._stream.messages(session_id, forwarded, REPLAY_PAGE_EVENTS))
        except psycopg.Error as error:
            if Problem.of(error).code != "NOT_FOUND":
                raise
            page = []  # the session does not belong to this user any more
        if not page:
            if place.announcements == announcements:
                # Nothing new was announced during the read: the announced message does not exist, its frame was forged.
                place.newest_known = forwarded
            return False
        for message in page:
            place.forwarded = message.seq
            self._queue.put(bytes(message.frame))
            await self._queue.room()
        place.newest_known = max(place.newest_known, place.forwarded)
        if not self._queue.closing:
            self._on_messages(session_id, place.given_after, place.forwarded)
        return True

    async def _patiently(self, read: Callable[[], Awaitable[T]]) -> T:
        """Read from PostgreSQL; while it is away, try again and again: a replay is never partial."""
        for pause in pauses(0.25, LONGEST_PAUSE_SECONDS):
            try:
                return await read()
            except psycopg.OperationalError:
                await asyncio.sleep(pause)
        raise AssertionError("pauses never end")
