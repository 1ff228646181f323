"""The sessions whose messages a client follows."""

from app.wire.socket_limits import RESUMED_SESSIONS

FOLLOWED_SESSIONS = RESUMED_SESSIONS


class FollowedSessions:
    """Sessions, each with the last message that was handed on; the newest session is the last.

    A session that has ended is asked for once more, for its last words, and then never again: it is over.
    """

    def __init__(self, last_messages: dict[str, int]) -> None:
        self.last_messages = last_messages
        self._ended: set[str] = set()
        self._over: set[str] = set()

    @property
    def ended(self) -> set[str]:
        """The sessions that have ended, over or not."""
        return set(self._ended)

    @property
    def open(self) -> dict[str, int]:
        """The sessions that may have further messages, each with the last message."""
        return {session: seq for session, seq in self.last_messages.items() if session not in self._over}

    def follow(self, session_id: str, after_seq: int) -> None:
        """Follow a session, unless it is followed already; when there are too many, one that is over is forgotten."""
        self.last_messages.setdefault(session_id, after_seq)
        if len(self.last_messages) > FOLLOWED_SESSIONS:
            oldest = next(iter(self.last_messages))
            self.forget(next((session for session in self.last_messages if session in self._over), oldest))

    def end(self, session_id: str) -> bool:
        """A session has ended; False when it is not followed."""
        if session_id not in self.last_messages:
            return False
        self._ended.add(session_id)
        return True

    def finish(self, sessions: set[str]) -> None:
        """The last words of these sessions have come."""
        self._over |= sessions

    def forget(self, session_id: str) -> None:
        """Follow a session no longer."""
        self.last_messages.pop(session_id, None)
        self._ended.discard(session_id)
        self._over.discard(session_id)
