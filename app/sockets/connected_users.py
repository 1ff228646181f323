"""The users who have a socket on this instance, each with the sockets of the user's devices."""

import asyncio
from collections.abc import Iterator

from app.sockets.frames import Head
from app.sockets.keystrokes import Keystrokes
from app.sockets.socket import SIGNED_OUT, Socket


class ConnectedUser:
    """One user of this instance and the sockets of the user's devices."""

    __slots__ = ("keystrokes", "looking_up", "name", "sockets", "subscribing")

    def __init__(self, name: str, subscribing: asyncio.Task[bool]) -> None:
        self.name = name
        """`<user_type>:<uuid>`."""
        self.keystrokes = Keystrokes()
        self.looking_up: asyncio.Task[None] | None = None
        """Reads the user's events from PostgreSQL, after a sign-out that came from Valkey and can't be trusted."""
        self.sockets: set[Socket] = set()
        self.subscribing: asyncio.Task[bool] | None = subscribing

    @property
    def newest_known(self) -> int | None:
        """The newest event that all started sockets of the user know of; None when no socket has started."""
        started = [socket.progress for socket in self.sockets if socket.progress is not None]
        return min((progress.newest_known for progress in started), default=None)

    def note_early(self, head: Head, frame: bytes) -> None:
        """Tell the sockets that have not started that there is an event: they read it from PostgreSQL as they start."""
        for socket in self.sockets:
            if socket.progress is None:
                socket.event(head.seq, frame)

    def hand(self, head: Head, frame: bytes) -> None:
        """Give a frame to each of the user's sockets. A sign-out must have come from PostgreSQL."""
        if head.id is not None and head.session_id is not None:
            self.keystrokes.forget(head.session_id)
        for socket in list(self.sockets):
            if head.id is None:
                socket.passing(head, frame)
            else:
                socket.event(head.seq, frame)
                if head.type == SIGNED_OUT:
                    socket.signed_out(head.auth_session_ids)


class ConnectedUsers:
    """All users who have a socket on this instance, by name (`<user_type>:<uuid>`) and by channel in Valkey."""

    def __init__(self) -> None:
        self._by_name: dict[str, ConnectedUser] = {}
        self._by_channel: dict[str, ConnectedUser] = {}
        self.is_empty = asyncio.Event()
        """Set while no user has a socket here."""
        self.is_empty.set()

    def find(self, name: str) -> ConnectedUser | None:
        """The user of this name; None when the user has no socket here."""
        return self._by_name.get(name)

    def find_by_channel(self, channel: str) -> ConnectedUser | None:
        """The user of this channel; None when the user has no socket here."""
        return self._by_channel.get(channel)

    def names(self) -> list[str]:
        """The names of all users."""
        return list(self._by_name)

    def sockets(self) -> Iterator[Socket]:
        """Every socket here."""
        for user in self._by_name.values():
            yield from user.sockets

    def holds(self, socket: Socket) -> bool:
        """Whether the socket is still here."""
        user = self._by_name.get(socket.user)
        return user is not None and socket in user.sockets

    def add(self, user: ConnectedUser, channel: str) -> None:
        """Take in a user with the first socket."""
        self._by_name[user.name] = self._by_channel[channel] = user
        self.is_empty.clear()

    def remove(self, user: ConnectedUser, channel: str) -> None:
        """Let go of a user after the last socket."""
        del self._by_name[user.name], self._by_channel[channel]
        if not self._by_name:
            self.is_empty.set()
