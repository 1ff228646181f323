"""One client's conversation with the server: it reads the client's frames and does what they ask."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import falcon
import psycopg
import structlog
from falcon.asgi import WebSocket

from app.auth.tokens import Claims, Tokens
from app.mirror.gateway import Gateway
from app.observability.faults import log_fault
from app.postgres import unstorable
from app.postgres.unstorable import NUL
from app.problems import Problem
from app.runtime import instant
from app.sockets.closing import Close
from app.sockets.delivery_pings import DeliveryPings
from app.sockets.frames import (
    Auth,
    ClientFrame,
    Heartbeat,
    MalformedFrame,
    MessageAck,
    Read,
    Ready,
    Refused,
    Resume,
    SendMessage,
    Subscribe,
    Typing,
    UnknownFrame,
    read_client_frame,
    write,
)
from app.sockets.hub import Hub
from app.sockets.messenger import Messenger
from app.sockets.send_queue import SendQueue
from app.sockets.socket import Socket
from app.sql.events import StreamPosition
from app.wire.socket_limits import AUTH_SECONDS, BEARER_PREFIX, FRAME_BYTES, PONG_BEAT_SECONDS
from app.wire.socket_protocol import Takers

log = structlog.get_logger(__name__)

LONGEST_CHARACTER_BYTES = 4
HEARTBEATS = (b'{"type":"heartbeat"}', b'{"type": "heartbeat"}')
"""As clients write the frame; written in another way, it is read as every frame."""


class ConnectionControls(NamedTuple):
    """What a conversation can do with its connection, and ask of it, besides sending and reading frames."""

    ping: Callable[[int], bool]
    """Writes a ping with a number; False when that can't be done now."""
    listen_for_pongs: Callable[[Callable[[int], None]], None]
    """Has a function called at each pong, with the number of its ping, or 0 for the connection's own pings."""
    listen_for_texts: Callable[[Takers], None]
    """Has texts taken by functions, as soon as they come; a function that declines leaves its text to be read."""
    was_closed: Callable[[], bool]
    """Whether the client itself closed, or the server because it restarts."""


class Conversation:
    """One accepted WebSocket, from its token to its end."""

    __slots__ = (
        "_beat", "_connection", "_declined", "_gateway", "_hub", "_is_beating", "_messenger", "_queue", "_tokens",
        "_was_malformed", "_ws",
    )  # fmt: skip

    def __init__(
        self,
        ws: WebSocket,
        queue: SendQueue,
        connection: ConnectionControls,
        gateway: Gateway,
        tokens: Tokens,
        hub: Hub,
        messenger: Messenger,
    ) -> None:
        self._ws = ws
        self._queue = queue
        self._connection = connection
        self._beat: asyncio.Task[None] | None = None
        """Counts a pong as a beat."""
        self._declined: asyncio.Task[None] | None = None
        """Judges a beat that the mirror did not take."""
        self._is_beating = False
        """Whether the mirror is being asked to take a beat."""
        self._gateway = gateway
        self._tokens = tokens
        self._hub = hub
        self._messenger = messenger
        self._was_malformed = False

    async def hold(self) -> None:
        """Serve the client until either side ends it.

        Raises falcon.WebSocketDisconnected when the connection ends, psycopg.OperationalError before `ready` when
        PostgreSQL is away.
        """
        claims = await self._authenticate()
        if claims is None:
            return
        socket = self._hub.attach(claims, self._queue)
        try:
            await self._hub.announce(socket)
            if (position := await self._greet(socket)) is None:
                return
            delivery_pings = DeliveryPings(
                self._connection.ping, lambda: self._queue.is_idle, partial(self._hub.note_delivered, claims)
            )
            socket.start(self._hub.stream(socket), delivery_pings, position.last_seq)
            self._connection.listen_for_pongs(partial(self._take_pong, socket, delivery_pings))
            if socket.user_type == "mitra":
                take = partial(self._take_beat, socket, str(socket.user_id))
                self._connection.listen_for_texts(dict.fromkeys(HEARTBEATS, take))
            while (frame := await self._next_frame()) is not None:
                socket.spoke_at = asyncio.get_running_loop().time()
                await self._serve(socket, frame)
        finally:
            is_lost = not self._queue.closing and not self._connection.was_closed()
            socket.stop()
            await self._hub.detach(socket)
            if is_lost:
                await self._messenger.push_missed(socket)

    async def _serve(self, socket: Socket, frame: ClientFrame) -> None:
        """Do what a frame asks, or answer why not."""
        try:
            await self._do(socket, frame)
        except (Problem, psycopg.Error) as error:
            problem = Problem.of(error)
            if problem.is_fault:
                log_fault(log, "frame_failed", error, frame=type(frame).__name__, **_session_of(frame))
            self._queue.put(write(Refused.answer(problem, frame)))

    async def _authenticate(self) -> Claims | None:
        """The claims of the socket's token; None when the socket is being closed instead."""
        protocols = self._ws.subprotocols
        bearer = next((protocol for protocol in protocols if protocol.startswith(BEARER_PREFIX)), None)
        try:
            token = await self._first_token() if bearer is None else bearer.removeprefix(BEARER_PREFIX)
            claims = self._tokens.read(token)
        except (Problem, TimeoutError):
            self._queue.close(Close.UNAUTHENTICATED)
            return None
        if claims.typ == "cc":
            self._queue.close(Close.FORBIDDEN)
            return None
        return claims

    async def _first_token(self) -> str:
        async with asyncio.timeout(AUTH_SECONDS):
            frame = await self._next_frame()
        if isinstance(frame, Auth):
            return frame.token
        raise Problem("UNAUTHENTICATED", "The first frame must be auth.")

    async def _next_frame(self) -> ClientFrame | None:
        """The next frame that can be read; None when the server has ended the socket."""
        while not self._queue.closing:
            try:
                text = await self._ws.receive_text()
                if _is_too_large(text):
                    self._queue.close(Close.FRAME_TOO_LARGE)
                    break
                frame = read_client_frame(text)
            except falcon.PayloadTypeError:
                self._refuse_malformed("Frames are text.")
            except MalformedFrame as error:
                self._refuse_malformed(str(error))
            except UnknownFrame as error:
                self._refuse(Problem("VALIDATION_ERROR", str(error), field="type"))
            else:
                self._was_malformed = False
                return frame
        return None

    def _refuse_malformed(self, detail: str) -> None:
        """Refuse a frame that can't be read; the second in a row ends the socket."""
        self._refuse(Problem("VALIDATION_ERROR", detail))
        if self._was_malformed:
            self._queue.close(Close.MALFORMED)
        self._was_malformed = True

    def _refuse(self, problem: Problem) -> None:
        self._queue.put(write(Refused.of(problem)))

    async def _greet(self, socket: Socket) -> StreamPosition | None:
        """Answer a token with `ready`; None when its login has ended, which the token itself can't show.

        The user's events reach the hub already, so a login that ends after this question is not missed.
        """
        position = await self._hub.stream(socket).position(socket.login)
        if position.signed_out:
            self._queue.close(Close.FORBIDDEN)
            return None
        socket.send(Ready(position.last_seq, instant.now()))
        return position

    def _take_pong(self, socket: Socket, delivery_pings: DeliveryPings, number: int) -> None:
        """The device answered a ping: what was sent before has arrived; and for a mitra it may count as a beat."""
        delivery_pings.answered(number)
        now = delivery_pings.answered_at
        if socket.user_type != "mitra" or now - socket.beat_at < PONG_BEAT_SECONDS:
            return
        if self._beat is None or self._beat.done():
            socket.beat_at = now
            self._beat = asyncio.create_task(self._hub.count_pong(socket.user_id, now - socket.spoke_at))

    def _take_beat(self, socket: Socket, mitra_id: str) -> bool:
        """Record a beat in the mirror, without a task. Declines while another beat of this socket is under way."""
        if self._queue.closing or self._is_beating or not (self._declined is None or self._declined.done()):
            return False
        self._is_beating = True
        socket.spoke_at = asyncio.get_running_loop().time()
        self._was_malformed = False
        self._gateway.beats.tell(mitra_id, self._judge_beat, socket)
        return True

    def _judge_beat(self, socket: Socket, outcome: bool | Exception) -> None:
        """What the mirror does not confirm is judged as a frame that is read."""
        self._is_beating = False
        if outcome is not True and not self._queue.closing:
            self._declined = asyncio.create_task(self._serve(socket, Heartbeat()))

    async def _do(self, socket: Socket, frame: ClientFrame) -> None:
        match frame:
            case Heartbeat():
                if socket.user_type != "mitra":
                    raise Problem("FORBIDDEN", "Only a mitra beats.")
                await self._gateway.beat(socket.user_id)
            case SendMessage():
                await self._send(socket, frame)
            case Read(session_id=session_id, seq=seq):
                socket.note_read(session_id, seq)
                read = await self._messenger.read(socket.claims, session_id=session_id, seq=seq)
                socket.note_read(session_id, read.read_seq)
            case Typing(session_id=session_id):
                await self._messenger.typing(socket.claims, session_id)
            case Resume(after_seq=after_seq, sessions=sessions):
                socket.resume(after_seq, sessions)
                await self._hub.stream(socket).note_seen()
            case Auth(token=token):
                socket.prolong(self._tokens.read(token))
                await self._greet(socket)
            case Subscribe():
                socket.subscribe(await self._hub.beacon())

    async def _send(self, socket: Socket, frame: SendMessage) -> None:
        if NUL in frame.body or NUL in frame.client_message_id:
            unstorable.refuse(frame)
        message, _ = await self._messenger.send(
            socket.claims, session_id=frame.session_id, client_message_id=frame.client_message_id, body=frame.body
        )
        socket.send(MessageAck(message.session_id, message.client_message_id, message.seq, message.created_at))


def _session_of(frame: ClientFrame) -> dict[str, str]:
    """The session that a frame names, for the log."""
    session_id = getattr(frame, "session_id", None)
    return {} if session_id is None else {"session_id": str(session_id)}


def _is_too_large(text: str) -> bool:
    return len(text) * LONGEST_CHARACTER_BYTES > FRAME_BYTES and len(text.encode()) > FRAME_BYTES
