"""Uvicorn's WebSocket protocol, with an end for clients that stopped reading.

Closing a connection waits until what is buffered has been read, which a stopped client never does; so the application
is given a way to cut it, and a missed pong cuts it too. And it is given a short way to write.
"""

import socket
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame, Opcode

from app.sockets.limits import (
    CLOSE_SECONDS,
    FRAME_BYTES,
    HASTY_CLOSE_SECONDS,
    KERNEL_BUFFER_BYTES,
    PING_INTERVAL_SECONDS,
    PONG_TIMEOUT_SECONDS,
)

CONNECTION = "halobestie.connection"
"""The ASGI extension under which a socket's application finds `{"abort": …, "write": …}`, methods of the protocol."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection of the public app."""

    peer: str | None = None
    """For which public address it counts; see app.http.crowd."""

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin, with a bound on what is kept for this client outside the send queue, too."""
        super().connection_made(transport)
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER_BYTES)

    async def run_asgi(self) -> None:
        """Hand the application a way to cut the connection and one to write to it, then run it."""
        self.scope["extensions"][CONNECTION] = {"abort": self.transport.abort, "write": self.write}
        try:
            await super().run_asgi()
        finally:
            del self.scope["extensions"][CONNECTION]  # it refers to this protocol: a cycle, which is freed late

    def write(self, text: bytes) -> bool:
        """Write a text frame now; False when the client takes nothing at this moment, or the connection is ending.

        A fraction of what a frame costs on its way through ASGI, which is what a socket does most.
        """
        if not self.writable.is_set() or self.close_sent or self.transport.is_closing():
            return False
        self.transport.write(Frame(Opcode.TEXT, text).serialize(mask=False))
        return True

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a connection that ended by itself, after a missed pong say, counts as the client's leaving."""
        try:
            await super().send(message)
        except RuntimeError as error:
            if not self.close_sent:
                raise
            raise ClientDisconnected from error

    def handle_ping(self) -> None:
        """Answer, if the client takes answers: the pongs of one that does not read would pile up without bound."""
        pong = b"".join(self.conn.data_to_send())
        if self.writable.is_set():
            self.transport.write(pong)

    def handle_close(self, event: Frame) -> None:
        """The client closes: don't wait for what it will not read."""
        super().handle_close(event)
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def handle_parser_exception(self) -> None:
        """The client broke the protocol: the same."""
        super().handle_parser_exception()
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def keepalive_timeout(self) -> None:
        """No pong came: close, and don't wait for what this client will not read."""
        super().keepalive_timeout()
        self.loop.call_later(HASTY_CLOSE_SECONDS, self.transport.abort)


UVICORN: dict[str, Any] = {
    "ws": SocketProtocol,
    "ws_max_size": FRAME_BYTES,
    "ws_ping_interval": PING_INTERVAL_SECONDS,
    "ws_ping_timeout": PONG_TIMEOUT_SECONDS,
    "ws_per_message_deflate": False,
}
"""What uvicorn must be told to serve the sockets; compression would more than double the memory of each."""
