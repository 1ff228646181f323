"""Which users PostgreSQL was told of while an instance can't lease its sockets."""

from collections.abc import Iterable

from app.wire.socket_limits import NOTE_SECONDS


class Unrenewed:
    """A time during which leases can't be renewed, and the users that PostgreSQL was told of."""

    def __init__(self) -> None:
        self.began_at: float | None = None
        """When the first renewal failed; None while renewals succeed."""
        self._noted: set[str] = set()
        self._noted_all_at = 0.0

    def to_note(self, users: Iterable[str], now: float) -> list[str]:
        """The users (`<type>:<id>`) of whom PostgreSQL has to be told now: all of them each 15 s, new users at once."""
        if self.began_at is None:
            self.began_at = now
            self._noted_all_at = now - NOTE_SECONDS
        if now - self._noted_all_at >= NOTE_SECONDS:
            self._noted_all_at = now
            self._noted = set()
        return [user for user in users if user not in self._noted]

    def noted(self, users: Iterable[str]) -> None:
        """PostgreSQL was told of these users."""
        self._noted.update(users)

    def end(self) -> None:
        """Leases are renewed again."""
        self.began_at = None
        self._noted = set()
