"""What uvicorn must be told to serve the apps."""

from typing import Any

from app.http.protocol import HttpProtocol
from app.sockets.protocol import UVICORN as SOCKETS

UVICORN: dict[str, Any] = {
    "http": HttpProtocol,
    "lifespan": "on",
    "log_config": None,
    "access_log": False,
    "server_header": False,
    # The app itself believes TRUSTED_PROXIES and nobody else.
    "proxy_headers": False,
    # Longer than a load balancer keeps its idle connections, so that it is the one to close them.
    "timeout_keep_alive": 75,
    # What is in flight is finished within this; closing sockets and stores takes the rest of the 9 s an exit may take.
    "timeout_graceful_shutdown": 7,
    **SOCKETS,
}
"""Options of both apps; lifespan opens the stores before the port is bound."""
