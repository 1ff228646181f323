"""To whom a user types: asked of PostgreSQL now and then, not at every key."""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from app.sql.messages import Partner
from app.wire.socket_limits import FOLLOWED_SESSIONS, PARTNER_SECONDS, TYPING_SECONDS


class Talk(msgspec.Struct):
    """A session that takes messages, as far as is known."""

    partner: Partner
    known_until: float
    quiet_until: float = 0.0


class Keystrokes:
    """One user's typing on this instance, whichever the device."""

    __slots__ = ("_looking", "_talks")

    def __init__(self) -> None:
        self._talks: dict[UUID, Talk] = {}
        self._looking: set[UUID] = set()

    def forget(self, session_id: UUID) -> None:
        """Something happened to a session, so what is known of it may not hold any more."""
        self._talks.pop(session_id, None)

    async def strike(self, session_id: UUID, look: Callable[[], Awaitable[Partner]]) -> Partner | None:
        """Whom to tell; None when that was done lately or is under way. `look` asks PostgreSQL, and may refuse."""
        now = time.monotonic()
        talk = self._talks.get(session_id)
        if talk is not None and now < talk.quiet_until:
            return None
        if talk is None or now >= talk.known_until:
            if session_id in self._looking:
                return None
            talk = await self._look(session_id, look)
        talk.quiet_until = now + TYPING_SECONDS
        return talk.partner

    async def _look(self, session_id: UUID, look: Callable[[], Awaitable[Partner]]) -> Talk:
        self._looking.add(session_id)
        try:
            partner = await look()
        finally:
            self._looking.discard(session_id)
        if len(self._talks) >= FOLLOWED_SESSIONS:
            self._talks.pop(next(iter(self._talks)))
        talk = self._talks[session_id] = Talk(partner, time.monotonic() + PARTNER_SECONDS)
        return talk
