"""Uvicorn's WebSocket protocol, with an end for clients that stopped reading.

A connection closes only when the client has read what is buffered, and a client that stands still never reads. So the
application gets a method that cuts the connection, and a missed pong cuts it too. The application also gets a method
that writes without ASGI.
"""

import asyncio
import socket
import struct
from asyncio.transports import BaseTransport
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.config import Config
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import State

from app.observability import metrics
from app.wire import connection_limits
from app.wire.socket_limits import (
    CLOSE_SECONDS,
    CONTROL_FRAMES_AT_ONCE,
    CONTROL_FRAMES_PER_SECOND,
    FRAMES_AT_ONCE,
    FRAMES_PER_SECOND,
    HASTY_CLOSE_SECONDS,
    KERNEL_BUFFER_BYTES,
    READ_BYTES,
)

CONNECTION = "halobestie.connection"
"""The ASGI extension in which the application of a socket finds methods of the protocol: `abort`, `write`, `ping`,
`listen_for_pongs`, `listen_for_texts` and `was_closed`."""

Takers = Mapping[bytes, Callable[[], bool]]
"""What takes a text without the way through ASGI; it may decline, and then the text goes this way all the same."""

_MASKED_HEAD_BYTES = 6
_LARGEST_SHORT = 125
"""Bytes of a frame's payload; the length of a larger one is written in another way."""

_WHOLE_TEXT = 0x80 | Opcode.TEXT
_WHOLE_PONG = 0x80 | Opcode.PONG
_BETWEEN_FRAMES = "at_eof"
"""Where the library's parser waits when it has read all frames whole."""

PING_NUMBER = struct.Struct("!Q")
"""The payload of a ping that follows messages: its number, in eight bytes. The connection's own pings have four."""


class Budget:
    """What a client may spend: an amount at once, and then an amount a second."""

    __slots__ = ("_at_once", "_left", "_looked_at", "_per_second")

    def __init__(self, at_once: float, per_second: float) -> None:
        self._at_once = self._left = at_once
        self._per_second = per_second
        self._looked_at = monotonic()

    def spend(self, count: int) -> None:
        """Take `count` of it; what is left may fall below zero."""
        now = monotonic()
        self._left = min(self._at_once, self._left + (now - self._looked_at) * self._per_second) - count
        self._looked_at = now

    def wait(self) -> float:
        """In how many seconds something will be left; 0 when something is left now."""
        if self._left > 0:
            return 0.0
        self.spend(0)
        return max(0.0, (1 - self._left) / self._per_second) if self._left <= 0 else 0.0


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection of the public app."""

    peer: str | None = None
    """The public address under which it is counted; see app.wire.connection_limits."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._unread = bytearray()
        self._frames = Budget(FRAMES_AT_ONCE, FRAMES_PER_SECOND)
        self._control_frames = Budget(CONTROL_FRAMES_AT_ONCE, CONTROL_FRAMES_PER_SECOND)
        self._pause: asyncio.TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin, with a bound also on what the operating system keeps for this client."""
        super().connection_made(transport)
        self._take_pong: Callable[[int], None] = _ignore
        self._takers: Takers = {}
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        super().connection_lost(exc)
        connection_limits.leave(self.peer)
        self._unread.clear()
        if self._pause is not None:
            self._pause.cancel()

    def data_received(self, data: bytes) -> None:
        """Take what arrives, and read as much of it as the application and the client's budget allow."""
        if self._unread or not self._take_at_once(data):
            self._unread += data
            self._read()

    def _take_at_once(self, data: bytes) -> bool:
        """Take a pong, or a text that is listened for, which came by itself; False: it is read as everything else.

        Idle devices send little else, and the library's way of a frame and the way through ASGI cost ten times as much.
        """
        size = len(data) - _MASKED_HEAD_BYTES
        if not 0 <= size <= _LARGEST_SHORT or data[1] != 0x80 | size or not self._reads_between_frames():
            return False
        if data[0] == _WHOLE_PONG:
            self._frames.spend(1)
            self.handle_pong(Frame(Opcode.PONG, _unmasked(data)))
            return True
        if data[0] == _WHOLE_TEXT and self._takers and self.conn.current_size is None:
            take = self._takers.get(_unmasked(data))
            if take is not None and take():
                self._frames.spend(1)
                return True
        return False

    def _reads_between_frames(self) -> bool:
        """Whether everything that came before was read whole, and more may be read now."""
        if not self._may_read() or self.conn.state is not State.OPEN or self.close_sent:
            return False
        # The server's parser is a generator; in it is that of both sides; in it where that waits.
        parser: Any = self.conn.parser
        waits_in = getattr(parser.gi_yieldfrom, "gi_yieldfrom", None)
        return waits_in is not None and waits_in.gi_code.co_name == _BETWEEN_FRAMES

    def _read(self) -> None:
        """Read a little at a time, so that other clients have their turn between many frames of one client."""
        while self._unread and self._may_read():
            part = bytes(self._unread[:READ_BYTES])
            del self._unread[:READ_BYTES]
            super().data_received(part)
            if self.conn.handshake_exc is not None and not self.handshake_initiated:
                self._refuse_handshake()
        if self._unread or self.read_paused:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _may_read(self) -> bool:
        if self._pause is not None or self.read_paused or self.handshake_initiated > self.handshake_complete:
            return False
        if wait := self._frames.wait():
            self._pause = self.loop.call_later(wait, self._go_on)
        return not wait

    def _go_on(self) -> None:
        self._pause = None
        self._read()

    def handle_events(self) -> None:
        """Count the frames, and handle them."""
        self._frames.spend(len(self.conn.events))
        super().handle_events()

    def _refuse_handshake(self) -> None:
        """Answer a handshake that can't be read; the library would give no answer."""
        self.handshake_initiated = self.close_sent = True
        self._unread.clear()
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
        self.transport.close()

    async def receive(self) -> ASGIReceiveEvent:
        """Give the next message, and read on."""
        message = await super().receive()
        self._read()
        return message

    async def run_asgi(self) -> None:
        """Give the application the methods that it finds under CONNECTION, then run it."""
        self.scope["extensions"][CONNECTION] = {
            "abort": self.transport.abort,
            "write": self.write,
            "ping": self.ping,
            "listen_for_pongs": self.listen_for_pongs,
            "listen_for_texts": self.listen_for_texts,
            "was_closed": self.was_closed,
        }
        try:
            await super().run_asgi()
        finally:
            del self.scope["extensions"][CONNECTION]  # it refers to this protocol: a cycle, which is freed late
            self._takers = {}  # likewise

    def write(self, text: bytes) -> bool:
        """Write a text frame now; False when the client takes nothing at this moment, or the connection is ending.

        To write frames is most of a socket's work, and this costs a fraction of the way through ASGI.
        """
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(Frame(Opcode.TEXT, text).serialize(mask=False))
        return True

    def ping(self, number: int) -> bool:
        """Write a ping that follows what was written before; False when the client takes nothing at this moment."""
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(Frame(Opcode.PING, PING_NUMBER.pack(number)).serialize(mask=False))
        return True

    def listen_for_pongs(self, take: Callable[[int], None]) -> None:
        """From now on call `take` at each pong with the number of its ping, 0 for the connection's own pings."""
        self._take_pong = take

    def listen_for_texts(self, takers: Takers) -> None:
        """From now on have these texts taken at once."""
        self._takers = takers

    def was_closed(self) -> bool:
        """Whether the client itself closed, or the server because it restarts; otherwise the client is lost."""
        sent = self.conn.close_sent
        return self.conn.close_rcvd is not None or (sent is not None and sent.code == CloseCode.SERVICE_RESTART)

    def handle_pong(self, event: Frame) -> None:
        """The client answers a ping of ours; a pong without a ping is ignored."""
        payload = bytes(event.data)
        if len(payload) == PING_NUMBER.size:
            self._take_pong(PING_NUMBER.unpack(payload)[0])
        elif payload == self.pending_ping_payload:
            super().handle_pong(event)
            self._take_pong(0)
        self._count_control_frame()

    async def send(self, message: ASGISendEvent) -> None:
        """Send. A connection that ended by itself, for example after a missed pong, counts as left by the client.

        To close such a connection is no fault: Falcon closes every socket whose route has returned.
        """
        try:
            await super().send(message)
        except (ClientDisconnected, RuntimeError) as error:
            if isinstance(error, RuntimeError) and not self.close_sent:
                raise
            if message["type"] != "websocket.close":
                raise ClientDisconnected from error
        self._read()  # what has waited for the handshake, or until the last message was taken

    def send_receive_event_to_app(self) -> None:
        """Close with 1007 for what is no UTF-8. The library would log it as an error of ours, once for each client."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._unread.clear()
                self.conn.fail(CloseCode.INVALID_DATA, "Text is UTF-8.")
                self.handle_parser_exception()
                return
        super().send_receive_event_to_app()

    def _count_control_frame(self) -> None:
        """Close a client that sends floods of them: a hundred thousand a second take everybody's time."""
        self._control_frames.spend(1)
        if self._control_frames.wait() and not self.close_sent:
            self._unread.clear()
            metrics.socket_closes.labels(CloseCode.POLICY_VIOLATION.value).inc()
            self.conn.fail(CloseCode.POLICY_VIOLATION, "Too many pings or pongs.")
            self.handle_parser_exception()

    def handle_ping(self) -> None:
        """Answer, if the client reads: pongs for a client that does not read would pile up without bound."""
        self._count_control_frame()
        if self.close_sent:
            return
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    def handle_close(self, event: Frame) -> None:
        """The client closes: don't wait longer than CLOSE_SECONDS until it has read what is buffered."""
        super().handle_close(event)
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def handle_parser_exception(self) -> None:
        """The client broke the protocol: don't wait longer for it either."""
        super().handle_parser_exception()
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """No pong came: close, and wait only HASTY_CLOSE_SECONDS, for this client will not read."""
        super().keepalive_timeout()
        self.loop.call_later(HASTY_CLOSE_SECONDS, self.transport.abort)


def _ignore(_: int) -> None:
    """No conversation listens for pongs yet."""


def _unmasked(frame: bytes) -> bytes:
    """The payload of a short frame."""
    masked = frame[_MASKED_HEAD_BYTES:]
    size = len(masked)
    mask = (frame[2:_MASKED_HEAD_BYTES] * (size // 4 + 1))[:size]
    return (int.from_bytes(masked) ^ int.from_bytes(mask)).to_bytes(size)
