"""Which messages one device was given, and which are delivered: those before a ping that the device answered."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from app.wire.socket_limits import DELIVERY_PING_SECONDS, PINGS_UNANSWERED


class Given(NamedTuple):
    """Messages of a session that a device was given: all after the number `after`, up to the number `seq`."""

    after: int
    seq: int


class DeliveryPings:
    """Sends a ping after messages, at most one in two seconds, and notes them once the device has answered the ping."""

    __slots__ = ("_asked", "_due", "_given", "_is_idle", "_note", "_number", "_ping", "_pinged_at", "answered_at")

    def __init__(
        self, ping: Callable[[int], bool], is_idle: Callable[[], bool], note: Callable[[UUID, int, int], None]
    ) -> None:
        """`ping(number)` writes a ping, or returns False; `is_idle()` is whether no frame waits before it.

        `note(session_id, after, seq)` is called with messages that are delivered.
        """
        self._ping = ping
        self._is_idle = is_idle
        self._note = note
        self._given: dict[UUID, Given] = {}
        self._asked: dict[int, dict[UUID, Given]] = {}
        self._number = 0
        clock = asyncio.get_running_loop().time
        self._pinged_at = clock() - DELIVERY_PING_SECONDS
        self._due: asyncio.TimerHandle | None = None
        self.answered_at = clock()
        """When the device last answered, or else when the socket began; by the event loop's clock."""

    def given(self, session_id: UUID, after: int, seq: int) -> None:
        """The device was given all messages of a session after the number `after`, up to `seq`."""
        self._given[session_id] = Given(after, seq)
        if self._due is None:
            loop = asyncio.get_running_loop()
            self._due = loop.call_at(max(loop.time(), self._pinged_at + DELIVERY_PING_SECONDS), self._follow)

    def answered(self, number: int) -> None:
        """A pong came: to the ping with this number, which answers earlier pings too; 0 is a ping of the connection."""
        self.answered_at = asyncio.get_running_loop().time()
        for asked in [ping for ping in self._asked if ping <= number]:
            for session_id, (after, seq) in self._asked.pop(asked).items():
                self._note(session_id, after, seq)

    def unanswered(self) -> dict[UUID, int]:
        """The newest message of each session that the device was given and has not confirmed by a pong."""
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
            self._due = loop.call_later(DELIVERY_PING_SECONDS, self._follow)
