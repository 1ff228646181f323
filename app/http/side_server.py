"""A small HTTP server beside a process's main work, in the same event loop: its health and metrics on another port."""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import falcon.asgi
import uvicorn

from app.http.router import Router
from app.wire.http_protocol import HttpProtocol


class SideServer(uvicorn.Server):
    """Takes no signals: the process's main work decides when this server ends (`should_exit`)."""

    def __init__(self, resources: Mapping[str, object]) -> None:
        """`resources` are Falcon's, by address."""
        app: falcon.asgi.App[Any, Any] = falcon.asgi.App(router=Router())
        for address, resource in resources.items():
            app.add_route(address, resource)
        super().__init__(
            uvicorn.Config(
                app, http=HttpProtocol, ws="none", lifespan="off", log_config=None, access_log=False,
                server_header=False, timeout_graceful_shutdown=1,
            )
        )  # fmt: skip

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take no signal."""
        yield
