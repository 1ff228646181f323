"""What one device was given, and how far it answered for it: delivered is what came before a ping that was answered."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from app.wire.socket_limits import PINGS_UNANSWERED, RECEIPT_SECONDS


class Given(NamedTuple):
    """Messages of a session that a device was given: all after one number, up to another."""

    after: int
    seq: int


class Receipts:
    """Follows what is given by a ping, at most one in two seconds, and notes it once the device has answered."""

    __slots__ = ("_asked", "_due", "_given", "_is_idle", "_note", "_number", "_ping", "_pinged_at", "answered_at")

    def __init__(
        self, ping: Callable[[int], bool], is_idle: Callable[[], bool], note: Callable[[UUID, int, int], None]
    ) -> None:
        """`ping(number)` writes a ping, or says False; `is_idle()` is whether nothing waits to be written before it.

        `note(session_id, after, seq)` takes what was delivered.
        """
        self._ping = ping
        self._is_idle = is_idle
        self._note = note
        self._given: dict[UUID, Given] = {}
        self._asked: dict[int, dict[UUID, Given]] = {}
        self._number = 0
        clock = asyncio.get_running_loop().time
        self._pinged_at = clock() - RECEIPT_SECONDS
        self._due: asyncio.TimerHandle | None = None
        self.answered_at = clock()
        """When the device last answered, or the socket began: by the event loop's clock."""

    def given(self, session_id: UUID, after: int, seq: int) -> None:
        """The device was given all messages of a session after one number up to another."""
        self._given[session_id] = Given(after, seq)
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_at(max(loop.time(), self._pinged_at + RECEIPT_SECONDS), self._follow)

    def answered(self, number: int) -> None:
        """A pong came: to the ping with this number and so to those before, or, for 0, to one of the connection's."""
        self.answered_at = asyncio.get_running_loop().time()
        for asked in [one for one in self._asked if one <= number]:
            for session_id, (after, seq) in self._asked.pop(asked).items():
                self._note(session_id, after, seq)

    def unanswered(self) -> dict[UUID, int]:
        """The newest message of each session that the device was given and has not answered for."""
        return {
            session_id: given.seq
            for batch in (*self._asked.values(), self._given)
            for session_id, given in batch.items()
        }

    def stop(self) -> None:
        """The socket ended."""
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _follow(self) -> None:
        loop = asyncio.get_running_loop()
        self._due = None
        number = self._number + 1
        if len(self._asked) < PINGS_UNANSWERED and self._is_idle() and self._ping(number):
            self._number, self._pinged_at = number, loop.time()
            self._asked[number], self._given = self._given, {}
        else:
            self._due = loop.call_later(RECEIPT_SECONDS, self._follow)
