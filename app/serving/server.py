"""The options with which uvicorn serves the apps."""

from typing import Any

from uvicorn.lifespan.on import LifespanOn

from app.wire.fast_protocol import FastProtocol
from app.wire.socket_limits import FRAME_BYTES, PING_INTERVAL_SECONDS, PONG_TIMEOUT_SECONDS
from app.wire.socket_protocol import SocketProtocol

AWAY = "away"
"""Where the state of a lifespan holds why PostgreSQL could not be used at the start."""

UVICORN: dict[str, Any] = {
    "http": FastProtocol,
    "lifespan": "on",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    # The app itself reads X-Forwarded-For, and only from TRUSTED_PROXIES.
    "proxy_headers": False,
    # Longer than a load balancer keeps its idle connections, so that the load balancer closes them.
    "timeout_keep_alive": 75,
    # Running requests end within this: those that wait 5 s for a connection to PostgreSQL by themselves, all others by
    # the protocol's 503 (`cut_seconds`). Closing sockets and stores takes the rest of the 9 s that an exit may take.
    "timeout_graceful_shutdown": 6,
    "ws": SocketProtocol,
    "ws_max_size": FRAME_BYTES,
    "ws_ping_interval": PING_INTERVAL_SECONDS,
    "ws_ping_timeout": PONG_TIMEOUT_SECONDS,
    "ws_per_message_deflate": False,  # compression would more than double the memory of each socket
}
"""Options of both apps; lifespan opens the stores before the port is bound."""


class StoresFirst(LifespanOn):
    """Opens the stores; raises psycopg.OperationalError, before the port is open, when PostgreSQL stayed away."""

    async def startup(self) -> None:
        """Wait for the app; its failure comes after what it opened is closed."""
        await super().startup()
        if (away := self.state.get(AWAY)) is not None:
            await self.shutdown()
            raise away
