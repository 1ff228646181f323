"""The hub: what all sockets of one instance share, and the ways by which events reach them."""

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

import msgspec
import psycopg
import structlog

from app.auth.tokens import Claims
from app.mirror.broadcasts import Availability, ConfigChanged, read_broadcast
from app.mirror.gateway import Gateway
from app.mirror.keys import Keys
from app.observability import metrics, tracing
from app.observability.faults import Series, log_fault
from app.postgres.database import Database
from app.settings import ValkeySettings
from app.sockets.closing import Close
from app.sockets.connected_users import ConnectedUser, ConnectedUsers
from app.sockets.deliveries import Deliveries
from app.sockets.delivery_pings import Given
from app.sockets.event_traces import EventTraces
from app.sockets.frames import read_head, write
from app.sockets.keystrokes import Keystrokes
from app.sockets.leases import Leases
from app.sockets.pong_beats import PongBeats
from app.sockets.publisher import PassingFramePublisher
from app.sockets.send_queue import SendQueue
from app.sockets.socket import SIGNED_OUT, Socket
from app.sockets.subscription import Subscription
from app.sockets.user_stream import UserStream
from app.sql import events
from app.wire.socket_limits import POLL_SECONDS

log = structlog.get_logger(__name__)

USERS_A_POLL = 1_000
STOP_SECONDS = 1.0
"""How long the sockets may take to end."""

LAST_WRITES_SECONDS = 0.5
"""How long it may then take to write which messages were delivered."""


class Hub:
    """Forwards events to the sockets of this instance.

    Live events come through Valkey, where the hub subscribes to the channel of each user who has a socket here. While
    Valkey is away it asks PostgreSQL once a second. It also asks each time the link to Valkey is made
    anew, because what was published before does not arrive.
    """

    def __init__(self, settings: ValkeySettings, db: Database, gateway: Gateway) -> None:
        self._db = db
        self._gateway = gateway
        self._keys = Keys.of(settings)
        self._subscription = Subscription(
            settings,
            always=(
                self._keys.availability_channel,
                self._keys.config_changed_channel,
                *(() if tracing.tracer is None else (self._keys.traces_channel,)),
            ),
            on_message=self._receive,
            on_change=self._subscription_changed,
        )
        self._publisher = PassingFramePublisher(gateway, self._hand, lambda: self._subscription.alive)
        self._deliveries = Deliveries(db, self._publisher.tell)
        self._users = ConnectedUsers()
        self._leases = Leases(db, gateway, self._users)
        self._pongs = PongBeats(db, gateway)
        self._traces = EventTraces()
        self._tasks: list[asyncio.Task[None]] = []
        self._poll_now = asyncio.Event()
        """Set when PostgreSQL may hold events that did not come through Valkey: the poll then reads them."""
        self._beacon: Availability | None = None
        self._name = secrets.token_hex(6)
        self._connections = 0

    async def start(self) -> None:
        """Begin to subscribe, to poll when that is needed, and to renew leases, whether Valkey is there or not."""
        self._tasks = [
            asyncio.create_task(_run_forever(work))
            for work in (self._subscription.run, self._poll, self._leases.keep, self._deliveries.run, self._pongs.run)
        ]

    async def stop(self) -> None:
        """Close every socket with 1012 and end the work for them."""
        for socket in list(self._users.sockets()):
            socket.close(Close.RESTARTING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._users.is_empty.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._deliveries.finish(LAST_WRITES_SECONDS)
        await self._publisher.finish()

    # -- for conversations ---------------------------------------------------------------------------------------------

    def attach(self, claims: Claims, queue: SendQueue) -> Socket:
        """Register a new socket. The caller then calls `announce`, and at the socket's end `detach`."""
        self._connections += 1
        socket = Socket(claims, f"{self._name}:{self._connections}", queue)
        user = self._users.find(socket.user)
        if user is None:
            channel = self._channel_of(socket)
            user = ConnectedUser(socket.user, asyncio.create_task(self._subscription.add(channel)))
            self._users.add(user, channel)
        user.sockets.add(socket)
        metrics.sockets.labels(socket.user_type).inc()
        return socket

    async def announce(self, socket: Socket) -> None:
        """Wait until the user's events arrive here, and lease the socket, so that all instances know that it lives."""
        user = self._user_of(socket)
        if user.subscribing is not None:
            await asyncio.wait({user.subscribing})
            user.subscribing = None
        await self._leases.take(socket)

    async def detach(self, socket: Socket) -> None:
        """Let go of a socket that has ended."""
        user = self._user_of(socket)
        user.sockets.discard(socket)
        metrics.sockets.labels(socket.user_type).dec()
        if not user.sockets:
            channel = self._channel_of(socket)
            self._users.remove(user, channel)
            await self._subscription.remove(channel)
        await self._leases.give_back(socket)

    def stream(self, socket: Socket) -> UserStream:
        """The stored events and messages of a socket's user."""
        return UserStream(self._db, socket.user_type, socket.user_id)

    def keystrokes(self, name: str) -> Keystrokes:
        """The typing of a user (`<user_type>:<uuid>`) who has a socket here."""
        user = self._users.find(name)
        assert user is not None, "the frame came through a socket"
        return user.keystrokes

    def tell(self, recipient: str, frame: bytes) -> None:
        """Give a passing frame to every device of a recipient, `<user_type>:<uuid>`, on any instance."""
        self._publisher.tell(recipient, frame)

    def is_here(self, recipient: str) -> bool:
        """Whether the recipient (`<user_type>:<uuid>`) has a socket on this instance."""
        return self._users.find(recipient) is not None

    def note_delivered(self, person: Claims, session_id: UUID, after: int, seq: int) -> None:
        """A device of a person received the messages after + 1 to seq of a session."""
        self._deliveries.note(session_id, person.typ, person.sub, Given(after, seq))

    async def count_pong(self, mitra_id: UUID, silence: float) -> None:
        """Count a pong of a mitra's socket as a beat, `silence` seconds after a frame of the app itself."""
        await self._pongs.count(mitra_id, silence)

    async def beacon(self) -> Availability:
        """The beacon, asked now. If a broadcast came meanwhile, return the broadcast: it is newer."""
        beacon_before = self._beacon
        answer = Availability.of(await self._gateway.beacon())
        if self._beacon is None or self._beacon is beacon_before:
            return answer
        return self._beacon

    def _user_of(self, socket: Socket) -> ConnectedUser:
        user = self._users.find(socket.user)
        assert user is not None, "an attached socket has a user here"
        return user

    def _channel_of(self, socket: Socket) -> str:
        return self._keys.user_channel(socket.user_type, socket.user_id)

    # -- what comes through Valkey -------------------------------------------------------------------------------------

    def _receive(self, channel: str, data: bytes) -> None:
        try:
            data.decode()  # all bytes must be UTF-8, for sockets carry text; the decoder checks only what it reads
            if (user := self._users.find_by_channel(channel)) is not None:
                head = read_head(data)
                if head.type == SIGNED_OUT:
                    user.note_early(head, data)
                    self._look_up(user)
                elif tracing.tracer is None:
                    user.hand(head, data)
                else:
                    with self._traces.of(tracing.tracer, user, head):
                        user.hand(head, data)
            elif channel == self._keys.traces_channel:
                self._traces.hear(data)
            elif channel in (self._keys.availability_channel, self._keys.config_changed_channel):
                self._tell_everyone(data)
        except (UnicodeDecodeError, msgspec.DecodeError):
            log.warning("unreadable_frame", channel=channel, bytes=len(data))

    def _hand(self, recipient: str, frame: bytes) -> None:
        if (user := self._users.find(recipient)) is not None:
            user.hand(read_head(frame), frame)

    def _tell_everyone(self, frame: bytes) -> None:
        match read_broadcast(frame):
            case Availability() as beacon:
                self._tell_availability(beacon, frame)
            case ConfigChanged():
                for socket in list(self._users.sockets()):
                    socket.broadcast(frame)

    def _tell_availability(self, beacon: Availability, frame: bytes) -> None:
        self._beacon = beacon
        for socket in list(self._users.sockets()):
            socket.availability(beacon, frame)

    def _subscription_changed(self, alive: bool) -> None:
        metrics.subscription_alive.set(alive)
        self._poll_now.set()
        if alive:
            self._leases.renew_soon()

    # -- what is read from PostgreSQL ----------------------------------------------------------------------------------

    def _look_up(self, user: ConnectedUser) -> None:
        """Read a user's new events from PostgreSQL, because a sign-out in Valkey may be forged."""
        if user.looking_up is None or user.looking_up.done():
            user.looking_up = asyncio.create_task(self._read_events_of(user))

    async def _read_events_of(self, user: ConnectedUser) -> None:
        try:
            while self._users.find(user.name) is user and await self._read_new_events([user.name]):
                pass
        except psycopg.Error as error:
            log_fault(log, "sign_out_not_looked_up", error)
        self._poll_now.set()  # the poll reads what came meanwhile, or could not be read

    async def _poll(self) -> None:
        """Read new events and the beacon from PostgreSQL: after each new subscription, and when `_poll_now` is set.

        Read every second while Valkey is away, or while nobody keeps the mirror: then perhaps nobody dispatches events.
        """
        failures = Series(log, "events_unread")
        while True:
            if self._subscription.alive and not self._poll_now.is_set() and await self._gateway.is_whole():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._poll_now.wait()
                if not self._poll_now.is_set():
                    continue
            self._poll_now.clear()
            try:
                while await self._read_new_events(self._users.names()):
                    pass
                await self._look_at_beacon()
                failures.ended()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next look comes
                self._poll_now.set()  # what was missed is still unread
                failures.failed(error)
            await asyncio.sleep(POLL_SECONDS)

    async def _read_new_events(self, names: Sequence[str]) -> bool:
        """Hand out a page of each of these users' new events; False when nobody had any."""
        users = [user for name in names if (user := self._users.find(name)) is not None]
        started = [(user.name, newest) for user in users if (newest := user.newest_known) is not None]
        has_news = False
        for start in range(0, len(started), USERS_A_POLL):
            chunk = started[start : start + USERS_A_POLL]
            for event in await self._db.call(
                events.new_events, recipients=[name for name, _ in chunk], after_seqs=[newest for _, newest in chunk]
            ):
                has_news = True
                self._hand(event.recipient, bytes(event.frame))
        return has_news

    async def _look_at_beacon(self) -> None:
        if any(socket.wants_availability for socket in self._users.sockets()):
            beacon = await self.beacon()
            self._tell_availability(beacon, write(beacon))


async def _run_forever(work: Callable[[], Awaitable[None]]) -> None:
    """Run what must never end; if a fault of ours ends it, say so and begin again."""
    failures = Series(log, "socket_work_failed", work=work.__qualname__)
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # whatever it is, the work begins again
            failures.failed(error)
        await asyncio.sleep(POLL_SECONDS)
