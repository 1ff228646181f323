"""The sockets of one instance, and the ways by which events reach them."""

import asyncio
import contextlib
import random
import secrets
from collections.abc import Awaitable, Callable, Iterator, Sequence
from uuid import UUID

import msgspec
import psycopg
import structlog

from app.auth.tokens import Claims
from app.mirror.broadcasts import Availability, ConfigChanged, read_broadcast
from app.mirror.gateway import LEASES_A_CALL, Gateway
from app.mirror.keys import Keys
from app.observability import metrics
from app.observability.faults import Series, tell
from app.postgres.database import Database
from app.settings import ValkeySettings
from app.sockets.closing import Close
from app.sockets.deliveries import Deliveries
from app.sockets.frames import Head, read_head, write
from app.sockets.keystrokes import Keystrokes
from app.sockets.outbox import Outbox
from app.sockets.publisher import Publisher
from app.sockets.receipts import Given
from app.sockets.socket import SIGNED_OUT, Socket
from app.sockets.subscription import Subscription
from app.sockets.unrenewed import Unrenewed
from app.sql import events, messages, presence, sessions
from app.sql.events import StoredEvent, StreamPosition
from app.valkey.answers import Away
from app.wire.socket_limits import LEASE_RENEWAL_SECONDS, POLL_SECONDS, STALE_SECONDS_KNOWN

log = structlog.get_logger(__name__)

USERS_A_POLL = 1_000
STOP_SECONDS = 2.0


class UserStream:
    """One user's stored events and messages in PostgreSQL."""

    __slots__ = ("_db", "_user_id", "_user_type")

    def __init__(self, db: Database, user_type: str, user_id: UUID) -> None:
        self._db = db
        self._user_type = user_type
        self._user_id = user_id

    async def position(self, login: UUID | None = None) -> StreamPosition:
        """The newest number, the one up to which retention took the events, and whether this login has ended."""
        return await self._db.call(
            events.stream_position, user_type=self._user_type, user_id=self._user_id, auth_session_id=login
        )

    async def after(self, seq: int, limit: int) -> Sequence[StoredEvent]:
        """The events after a number, in order."""
        return await self._db.call(
            events.events_after, user_type=self._user_type, user_id=self._user_id, after_seq=seq, limit=limit
        )

    async def last_message(self, session_id: UUID) -> int:
        """The number of a session's newest message."""
        session = await self._db.call(
            sessions.session_info, session_id=session_id, user_type=self._user_type, user_id=self._user_id
        )
        return session.last_seq

    async def messages(self, session_id: UUID, seq: int, limit: int) -> Sequence[StoredEvent]:
        """A session's messages after a number, in order."""
        return await self._db.call(
            messages.messages_after,
            session_id=session_id,
            user_type=self._user_type,
            user_id=self._user_id,
            after_seq=seq,
            limit=limit,
        )

    async def seen(self) -> None:
        """The user's socket asked for what it missed: a sign of life of a mitra. A failure harms nobody."""
        if self._user_type == "mitra":
            with contextlib.suppress(psycopg.Error):
                await self._db.call(events.note_seen, mitra_id=self._user_id)


class Seat:
    """One user of this instance and the sockets of that user's devices."""

    __slots__ = ("doubting", "keystrokes", "sockets", "subscribing")

    def __init__(self, subscribing: asyncio.Task[bool]) -> None:
        self.doubting: asyncio.Task[None] | None = None
        """Reads from PostgreSQL what Valkey said and must not be believed."""
        self.keystrokes = Keystrokes()
        self.sockets: set[Socket] = set()
        self.subscribing: asyncio.Task[bool] | None = subscribing

    @property
    def seen(self) -> int | None:
        """The newest event known to every socket that has started; None while none has."""
        return min((socket.progress.seen for socket in self.sockets if socket.progress is not None), default=None)

    def announce(self, head: Head, frame: bytes) -> None:
        """Tell of an event the sockets that have not started: they read it from PostgreSQL when they do."""
        for socket in self.sockets:
            if socket.progress is None:
                socket.event(head.seq, frame)

    def hand(self, head: Head, frame: bytes) -> None:
        """Give a frame to each of the user's sockets. A sign-out comes from PostgreSQL."""
        if head.id is not None and head.session_id is not None:
            self.keystrokes.forget(head.session_id)
        for socket in list(self.sockets):
            if head.id is None:
                socket.passing(head, frame)
            else:
                socket.event(head.seq, frame)
                if head.type == SIGNED_OUT:
                    socket.signed_out(head.auth_session_ids)


class Hub:
    """Forwards events to the sockets this instance holds, and keeps the leases that tell other instances of them.

    Live events come through Valkey, to whose channels it subscribes user by user. While Valkey is away it asks
    PostgreSQL once a second; it also asks after each new subscription, for what was published meanwhile is lost.
    """

    def __init__(self, settings: ValkeySettings, db: Database, gateway: Gateway) -> None:
        self._db = db
        self._gateway = gateway
        self._keys = Keys(settings.valkey_key_prefix)
        self._subscription = Subscription(
            settings,
            always=(self._keys.availability_channel, self._keys.config_changed_channel),
            on_message=self._receive,
            on_change=self._subscription_changed,
        )
        self._publisher = Publisher(gateway, self._hand, lambda: self._subscription.alive)
        self._deliveries = Deliveries(db, self._publisher.tell)
        self._seats: dict[str, Seat] = {}
        self._channels: dict[str, Seat] = {}
        self._vacant = asyncio.Event()
        self._vacant.set()
        self._tasks: list[asyncio.Task[None]] = []
        self._unread = asyncio.Event()
        self._unleased = asyncio.Event()
        self._unrenewed = Unrenewed()
        self._unleasable = Series(log, "leases_not_renewed")
        self._unnoted = Series(log, "connected_users_not_noted")
        self._beacon: Availability | None = None
        self._stale_seconds: float | None = None
        self._stale_known_until = 0.0
        self._name = secrets.token_hex(6)
        self._connections = 0

    async def start(self) -> None:
        """Begin to subscribe, to poll when that is needed, and to renew leases, whether Valkey is there or not."""
        self._tasks = [
            asyncio.create_task(_again_and_again(work))
            for work in (self._subscription.run, self._poll, self._keep_leases, self._deliveries.run)
        ]

    async def stop(self) -> None:
        """Close every socket with 1012 and let go of Valkey."""
        for socket in list(self._sockets()):
            socket.close(Close.RESTARTING)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._vacant.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._deliveries.finish(STOP_SECONDS)
        await self._publisher.finish()

    def tell(self, recipient: str, frame: bytes) -> None:
        """Give a passing frame to every device of a recipient, `<user_type>:<uuid>`, on whatever instance."""
        self._publisher.tell(recipient, frame)

    def is_here(self, recipient: str) -> bool:
        """Whether the recipient (`<user_type>:<uuid>`) has a socket on this instance."""
        return recipient in self._seats

    def delivered(self, session_id: UUID, person: Claims, given: Given) -> None:
        """A device of a person has these messages of a session."""
        self._deliveries.note(session_id, person.typ, person.sub, given)

    def note_delivered(self, socket: Socket, session_id: UUID, after: int, seq: int) -> None:
        """A socket's device has the messages of a session after one number up to another."""
        self.delivered(session_id, socket.claims, Given(after, seq))

    async def heartbeat_stale_seconds(self) -> float | None:
        """When a heartbeat is stale, as the mirror knows it; None while it does not."""
        now = asyncio.get_running_loop().time()
        if now > self._stale_known_until:
            self._stale_known_until = now + STALE_SECONDS_KNOWN
            status = await self._gateway.status()
            self._stale_seconds = None if status is None else status.heartbeat_stale_seconds
        return self._stale_seconds

    def keystrokes(self, user: str) -> Keystrokes:
        """The typing of a user who has a socket here."""
        return self._seats[user].keystrokes

    def attach(self, claims: Claims, outbox: Outbox) -> Socket:
        """Take a socket in, which is to be announced next and detached at its end."""
        self._connections += 1
        socket = Socket(claims, f"{self._name}:{self._connections}", outbox)
        seat = self._seats.get(socket.user)
        if seat is None:
            channel = self._keys.user_channel(socket.user_type, socket.user_id)
            seat = Seat(asyncio.create_task(self._subscription.add(channel)))
            self._seats[socket.user] = self._channels[channel] = seat
            self._vacant.clear()
        seat.sockets.add(socket)
        metrics.sockets.labels(socket.user_type).inc()
        return socket

    async def announce(self, socket: Socket) -> None:
        """Wait until the user's events are heard here, and lease the connection: whoever asks is told that it lives."""
        seat = self._seats[socket.user]
        if seat.subscribing is not None:
            await asyncio.wait({seat.subscribing})
            seat.subscribing = None
        if not await self._gateway.lease(socket.user_type, socket.user_id, socket.connection_id):
            self._unleased.set()

    async def detach(self, socket: Socket) -> None:
        """Let a socket go that has ended."""
        seat = self._seats[socket.user]
        seat.sockets.discard(socket)
        metrics.sockets.labels(socket.user_type).dec()
        if not seat.sockets:
            channel = self._keys.user_channel(socket.user_type, socket.user_id)
            del self._seats[socket.user], self._channels[channel]
            if not self._seats:
                self._vacant.set()
            await self._subscription.remove(channel)
        await self._gateway.release(socket.user_type, socket.user_id, socket.connection_id)

    def stream(self, socket: Socket) -> UserStream:
        """The stored events and messages of a socket's user."""
        return UserStream(self._db, socket.user_type, socket.user_id)

    async def beacon(self) -> Availability:
        """The beacon, asked now. A broadcast that comes meanwhile is preferred: what follows it is broadcast, too."""
        known = self._beacon
        answer = Availability.of(await self._gateway.beacon())
        return answer if self._beacon is known or self._beacon is None else self._beacon

    def _sockets(self) -> Iterator[Socket]:
        for seat in self._seats.values():
            yield from seat.sockets

    def _hand(self, recipient: str, frame: bytes) -> None:
        if (seat := self._seats.get(recipient)) is not None:
            seat.hand(read_head(frame), frame)

    def _receive(self, channel: str, data: bytes) -> None:
        try:
            data.decode()  # sockets carry text, and the decoders don't look at the fields they skip
            if (seat := self._channels.get(channel)) is not None:
                head = read_head(data)
                if head.type == SIGNED_OUT:
                    seat.announce(head, data)
                    self._look_up(seat)
                else:
                    seat.hand(head, data)
            elif channel in (self._keys.availability_channel, self._keys.config_changed_channel):
                self._tell_everyone(data)
        except (UnicodeDecodeError, msgspec.DecodeError):
            log.warning("unreadable_frame", channel=channel, bytes=len(data))

    def _look_up(self, seat: Seat) -> None:
        """Read a user's new events from PostgreSQL: anybody who can write to Valkey can publish a sign-out."""
        if seat.doubting is None or seat.doubting.done():
            seat.doubting = asyncio.create_task(self._read_events_of(seat))

    async def _read_events_of(self, seat: Seat) -> None:
        try:
            while await self._read_new_events([user for user, known in self._seats.items() if known is seat]):
                pass
        except psycopg.Error as error:
            tell(log, "sign_out_not_looked_up", error)
        self._unread.set()  # what came meanwhile, or could not be read, is read by the poll

    def _tell_everyone(self, frame: bytes) -> None:
        match read_broadcast(frame):
            case Availability() as beacon:
                self._tell_availability(beacon, frame)
            case ConfigChanged():
                for socket in list(self._sockets()):
                    socket.broadcast(frame)

    def _subscription_changed(self, alive: bool) -> None:
        metrics.subscription_alive.set(alive)
        self._unread.set()
        if alive:
            self._unleased.set()

    async def _poll(self) -> None:
        """Read new events and the beacon: once after each new subscription, and every second while none can arrive.

        That is while Valkey is away, and while nobody keeps the mirror, for then nobody may be dispatching either.
        """
        failures = Series(log, "events_unread")
        while True:
            if self._subscription.alive and not self._unread.is_set() and await self._gateway.is_whole():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._unread.wait()
                if not self._unread.is_set():
                    continue
            self._unread.clear()
            try:
                while await self._read_new_events(list(self._seats)):
                    pass
                await self._look_at_beacon()
                failures.ended()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next look comes
                self._unread.set()  # what was missed is still unread
                failures.failed(error)
            await asyncio.sleep(POLL_SECONDS)

    async def _read_new_events(self, users: Sequence[str]) -> bool:
        """Hand out a page of each of these users' new events; False when nobody had any."""
        known = [(user, self._seats[user].seen) for user in users if user in self._seats]
        started = [(user, seen) for user, seen in known if seen is not None]
        some = False
        for start in range(0, len(started), USERS_A_POLL):
            chunk = started[start : start + USERS_A_POLL]
            for event in await self._db.call(
                events.new_events, recipients=[user for user, _ in chunk], after_seqs=[seen for _, seen in chunk]
            ):
                some = True
                if (seat := self._seats.get(event.recipient)) is not None:
                    frame = bytes(event.frame)
                    seat.hand(read_head(frame), frame)
        return some

    async def _look_at_beacon(self) -> None:
        if any(socket.wants_availability for socket in self._sockets()):
            beacon = await self.beacon()
            self._tell_availability(beacon, write(beacon))

    def _tell_availability(self, beacon: Availability, frame: bytes) -> None:
        self._beacon = beacon
        for socket in list(self._sockets()):
            socket.availability(beacon, frame)

    async def _keep_leases(self) -> None:
        """Renew every lease each 20 s, and write them anew when Valkey may have lost them.

        That is after each new subscription, and when one of some, looked for each second, is not there: Valkey was
        emptied, or evicts. What Valkey did not take is tried again each second; meanwhile PostgreSQL is told who is
        connected here.
        """
        clock = asyncio.get_running_loop().time
        renewed_at = clock()
        due = renewed_at + LEASE_RENEWAL_SECONDS
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._unleased.wait()
            if not self._unleased.is_set() and clock() < due and not await self._has_lost_leases():
                continue
            self._unleased.clear()
            if await self._renew_leases():
                if failures := self._unleasable.ended():
                    log.info("leases_renewed_again", failures=failures, seconds=round(clock() - renewed_at, 1))
                self._unrenewed.end()
                renewed_at = clock()
                due = renewed_at + LEASE_RENEWAL_SECONDS
                metrics.leases_unrenewed.set(0)
            else:
                self._unleasable.failed(Away(f"Valkey did not take the leases of {len(list(self._sockets()))} sockets"))
                due = clock()
                metrics.leases_unrenewed.set(clock() - renewed_at)
                await self._note_connected(clock())

    async def _has_lost_leases(self) -> bool:
        """Whether Valkey has lost a lease, or can't tell; others are looked at each time."""
        leased = [socket for socket in self._sockets() if socket.progress is not None]
        if not leased:
            return False
        some = random.sample(leased, min(len(leased), LEASES_A_CALL))
        return await self._gateway.unleased([(one.user_type, one.user_id, one.connection_id) for one in some]) != 0

    async def _note_connected(self, now: float) -> None:
        """Tell PostgreSQL who is connected here though no lease says so: new users at once, all of them each 15 s."""
        users = self._unrenewed.to_note(self._seats, now)
        try:
            for start in range(0, len(users), USERS_A_POLL):
                await self._db.call(presence.note_connected, recipients=users[start : start + USERS_A_POLL])
        except psycopg.Error as error:
            self._unnoted.failed(error)
        else:
            self._unnoted.ended()
            self._unrenewed.noted(users)

    async def _renew_leases(self) -> bool:
        """False when Valkey did not take them all. A socket released meanwhile is not leased again."""
        sockets = list(self._sockets())
        for start in range(0, len(sockets), LEASES_A_CALL):
            living = [socket for socket in sockets[start : start + LEASES_A_CALL] if self._holds(socket)]
            if not await self._gateway.renew([(one.user_type, one.user_id, one.connection_id) for one in living]):
                return False
        return True

    def _holds(self, socket: Socket) -> bool:
        seat = self._seats.get(socket.user)
        return seat is not None and socket in seat.sockets


async def _again_and_again(work: Callable[[], Awaitable[None]]) -> None:
    """Run what must never end; should a fault of ours end it, say so and begin again."""
    failures = Series(log, "socket_work_failed", work=work.__qualname__)
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001  # whatever it is, the work begins again
            failures.failed(error)
        await asyncio.sleep(POLL_SECONDS)
