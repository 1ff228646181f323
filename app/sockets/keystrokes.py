"""Whom to tell that a user types: PostgreSQL is asked now and then, not at every keystroke."""

import time
from collections.abc import Awaitable, Callable
from uuid import UUID

import msgspec

from app.sql.messages import Partner
from app.wire.socket_limits import FOLLOWED_SESSIONS, PARTNER_SECONDS, TYPING_SECONDS


class KnownPartner(msgspec.Struct):
    """A session that takes messages, as PostgreSQL said."""

    partner: Partner
    believed_until: float
    """After that PostgreSQL is asked again."""
    quiet_until: float = 0.0
    """Before that the partner is not told again."""


class Keystrokes:
    """One user's typing on this instance, on all devices together."""

    __slots__ = ("_looking", "_partners")

    def __init__(self) -> None:
        self._partners: dict[UUID, KnownPartner] = {}
        self._looking: set[UUID] = set()

    def forget(self, session_id: UUID) -> None:
        """Something happened to a session, so PostgreSQL has to be asked about it again."""
        self._partners.pop(session_id, None)

    async def partner_to_tell(self, session_id: UUID, look: Callable[[], Awaitable[Partner]]) -> Partner | None:
        """The user typed: returns the partner to tell; None when the partner was told just now, or is being looked up.

        `look` asks PostgreSQL, and may refuse.
        """
        now = time.monotonic()
        known_partner = self._partners.get(session_id)
        if known_partner is not None and now < known_partner.quiet_until:
            return None
        if known_partner is None or now >= known_partner.believed_until:
            if session_id in self._looking:
                return None
            known_partner = await self._look(session_id, look)
        known_partner.quiet_until = now + TYPING_SECONDS
        return known_partner.partner

    async def _look(self, session_id: UUID, look: Callable[[], Awaitable[Partner]]) -> KnownPartner:
        self._looking.add(session_id)
        try:
            partner = await look()
        finally:
            self._looking.discard(session_id)
        if len(self._partners) >= FOLLOWED_SESSIONS:
            self._partners.pop(next(iter(self._partners)))
        known_partner = self._partners[session_id] = KnownPartner(partner, time.monotonic() + PARTNER_SECONDS)
        return known_partner
