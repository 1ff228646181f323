"""One device's socket: its user, its place in the user's stream, and when it ends."""

import asyncio
import time
from collections.abc import Container, Mapping
from uuid import UUID

from app.auth.tokens import Claims
from app.mirror.broadcasts import Availability
from app.problems import Problem
from app.sockets.closing import Close
from app.sockets.delivery_pings import DeliveryPings
from app.sockets.frames import Head, ServerFrame, read_head, write
from app.sockets.progress import Progress, Stream
from app.sockets.send_queue import SendQueue
from app.wire.socket_limits import FOLLOWED_SESSIONS

SIGNED_OUT = "signed_out"
"""The event that lists logins which have ended."""

MESSAGE = "message"
"""The passing frame that has a number: the message's number in its session."""

MESSAGE_READ = "message_read"
"""The passing frame that tells how far a party has read."""


class Socket:
    """A socket whose user is known. The hub of the instance holds it until it ends."""

    __slots__ = (
        "_available_told",
        "_claims",
        "_early_seq",
        "_expiry",
        "_own_reads",
        "_queue",
        "beat_at",
        "connection_id",
        "delivery_pings",
        "progress",
        "spoke_at",
    )  # fmt: skip

    def __init__(self, claims: Claims, connection_id: str, queue: SendQueue) -> None:
        self.connection_id = connection_id
        """The socket's name in the lease."""
        self.progress: Progress | None = None
        """Set once the socket's place in the stream is known; before that, nothing is forwarded."""
        self.delivery_pings: DeliveryPings | None = None
        """The messages that the device was given; set together with its progress."""
        self.spoke_at = self.beat_at = asyncio.get_running_loop().time()
        """When the app itself last sent a frame, and when a pong of this socket last counted as a beat."""
        self._own_reads: dict[UUID, int] = {}
        self._early_seq = 0
        self._available_told: int | None = None
        self._queue = queue
        self._claims = claims
        self._expiry = self._expire_at(claims.exp)

    @property
    def claims(self) -> Claims:
        """The claims of the newest token."""
        return self._claims

    @property
    def user_type(self) -> str:
        """`customer` or `mitra`."""
        return self._claims.typ

    @property
    def user_id(self) -> UUID:
        """The id of the socket's user."""
        return self._claims.sub

    @property
    def user(self) -> str:
        """The name of the user's stream: `<type>:<id>`."""
        return self._claims.user

    @property
    def login(self) -> UUID:
        """The auth session of the newest token."""
        return self._claims.sid

    @property
    def wants_availability(self) -> bool:
        """Whether the socket subscribed to the beacon."""
        return self._available_told is not None

    def start(self, stream: Stream, delivery_pings: DeliveryPings, seq: int) -> None:
        """Begin to forward the events after `seq`, which was read after the socket began to hear of events."""
        self.delivery_pings = delivery_pings
        self.progress = Progress(self._queue, stream, self._look_at_replayed, delivery_pings.given, seq)
        self.progress.newest_known = max(seq, self._early_seq)

    def prolong(self, claims: Claims) -> None:
        """A newer token of the same user: the socket lives as long as the token. Raises FORBIDDEN for another user."""
        if claims.user != self._claims.user:
            raise Problem("FORBIDDEN", "A socket keeps its user; open another one.")
        self._expiry.cancel()
        self._claims = claims
        self._expiry = self._expire_at(claims.exp)

    def send(self, frame: ServerFrame) -> None:
        """Send a frame of the server's own, now."""
        self._queue.put(write(frame))

    def event(self, seq: int, frame: bytes) -> None:
        """Take a stored event of the user."""
        if self.progress is not None:
            self.progress.event(seq, frame)
        else:
            self._early_seq = max(seq, self._early_seq)

    def passing(self, head: Head, frame: bytes) -> None:
        """Take a passing frame for the user."""
        if self.progress is None:
            return
        if head.type == MESSAGE and head.session_id is not None:
            self.progress.message(head.session_id, head.seq, frame, is_own=head.sender_id == self.user_id)
        elif not self._is_own_read(head):
            self.progress.passing(frame)

    def note_read(self, session_id: UUID, seq: int) -> None:
        """The device itself said how far its user has read, so it need not be told."""
        if len(self._own_reads) >= FOLLOWED_SESSIONS:
            self._own_reads.pop(next(iter(self._own_reads)))
        self._own_reads[session_id] = seq

    def broadcast(self, frame: bytes) -> None:
        """Take a frame for everyone."""
        if self.progress is not None:
            self.progress.passing(frame)

    def subscribe(self, beacon: Availability) -> None:
        """Send the beacon now, and from now on at each change."""
        self._available_told = beacon.available_mitras
        self.send(beacon)

    def availability(self, beacon: Availability, frame: bytes) -> None:
        """Take the beacon and its frame; forward it if this socket subscribed and was last told another number."""
        if self.wants_availability and self._available_told != beacon.available_mitras:
            self._available_told = beacon.available_mitras
            self.broadcast(frame)

    def signed_out(self, logins: Container[UUID]) -> None:
        """End the socket if its login is among those that have ended."""
        if self._claims.sid in logins:
            self._queue.close(Close.FORBIDDEN)

    def close(self, code: Close) -> None:
        """End the socket after the frames that were sent before."""
        self._queue.close(code)

    def resume(self, after_seq: int, sessions: Mapping[UUID, int]) -> None:
        """Replay the events after `after_seq`, and the messages after each session's number; then answer `resumed`.

        Raises RATE_LIMITED when too many resumes wait.
        """
        if self.progress is not None:
            self.progress.resume(after_seq, sessions)

    def stop(self) -> None:
        """The conversation is over: stop the work for this socket."""
        if self.progress is not None:
            self.progress.stop()
        if self.delivery_pings is not None:
            self.delivery_pings.stop()
        self._expiry.cancel()

    def _expire_at(self, exp: int) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(exp - time.time(), self._queue.close, Close.UNAUTHENTICATED)

    def _is_own_read(self, head: Head) -> bool:
        return (
            head.type == MESSAGE_READ
            and head.party == self.user_type
            and head.session_id is not None
            and head.seq <= self._own_reads.get(head.session_id, -1)
        )

    def _look_at_replayed(self, frame: bytes) -> None:
        """Look at a replayed event, which nothing has read so far: only a sign-out concerns the server."""
        if SIGNED_OUT.encode() in frame:
            head = read_head(frame)
            if head.type == SIGNED_OUT:
                self.signed_out(head.auth_session_ids)
