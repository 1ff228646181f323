"""`halobestie api`, `internal` and `listener`: the three processes of a deployment."""

import os
import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import typer
import uvicorn

from app import garbage, logs
from app.needs import require_database
from app.ports import reserve
from app.settings import ApiSettings, InternalSettings, ListenerSettings, load


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(api)
    cli.command()(internal)
    cli.command()(listener)


def api() -> None:
    """Serve customers and mitras: HTTP and WebSocket on PUBLIC_HOST:PUBLIC_PORT."""
    settings = load(ApiSettings)
    logs.configure(settings, process="api")
    require_database(settings.database_url, process="api", role="halo_app")
    from app.http.apps import create_public_app

    _serve(create_public_app(settings), settings.public_host, settings.public_port, setting="PUBLIC_PORT")


def internal() -> None:
    """Serve the control centre and Prometheus on INTERNAL_HOST:INTERNAL_PORT."""
    settings = load(InternalSettings)
    logs.configure(settings, process="internal")
    require_database(settings.database_url, process="internal", role="halo_cc")
    from app.http.apps import create_internal_app

    _serve(create_internal_app(settings), settings.internal_host, settings.internal_port, setting="INTERNAL_PORT")


def listener() -> None:
    """Carry what PostgreSQL notifies to Valkey and the sockets, run deadlines and sweeps."""
    settings = load(ListenerSettings)
    logs.configure(settings, process="listener")
    require_database(settings.database_url, process="listener", role="halo_listener")
    # The one place where app knows of listeners: the command line starts both.
    from listeners import daemon

    garbage.look_seldom()
    daemon.main(settings)


class _Server(uvicorn.Server):
    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.started:
            os._exit(0)  # nothing is served yet, so there is nothing to finish; what is in hand is rolled back
        super().handle_exit(sig, frame)


def _serve(app: Callable[..., Any], host: str, port: int, *, setting: str) -> None:
    reserve(host, port, setting=setting).close()  # to be bound only when everything overdue is settled
    from app.http.server import UVICORN

    # uvicorn raises the signal again that stopped it; by then everything is finished, and that is a success.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    server = _Server(uvicorn.Config(app, host=host, port=port, **UVICORN))
    garbage.look_seldom()
    server.run()
