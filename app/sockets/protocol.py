"""Uvicorn's WebSocket protocol, with an end for clients that stopped reading.

Closing a connection waits until what is buffered has been read, which a stopped client never does; so the application
is given a way to cut it, and a missed pong cuts it too.
"""

from typing import Any

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.sockets.limits import FRAME_BYTES, HASTY_CLOSE_SECONDS, PING_INTERVAL_SECONDS, PONG_TIMEOUT_SECONDS

ABORT = "halobestie.abort"
"""The ASGI extension under which a socket's application finds `{"abort": callable}`."""


class SocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection of the public app."""

    async def run_asgi(self) -> None:
        """Hand the application a way to cut the connection, then run it."""
        self.scope["extensions"][ABORT] = {"abort": self.transport.abort}
        await super().run_asgi()

    async def send(self, message: ASGISendEvent) -> None:
        """Send; a connection that ended by itself, after a missed pong say, counts as the client's leaving."""
        try:
            await super().send(message)
        except RuntimeError as error:
            if not self.close_sent:
                raise
            raise ClientDisconnected from error

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
