"""`halobestie api`, `internal` and `listener`: the three processes of a deployment."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from socket import socket
from types import FrameType
from typing import Annotated, Any

import structlog
import typer
import uvicorn
from psycopg.conninfo import conninfo_to_dict

from app.cli.expected_errors import expected_errors_said
from app.observability import logs, tracing
from app.readiness.needs import require_database
from app.runtime import garbage_collection, systemd
from app.runtime.ports import reserve, share
from app.settings import ApiSettings, DatabaseSettings, InternalSettings, ListenerSettings, TracedSettings, load

log = structlog.get_logger(__name__)


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command()(api)
    cli.command()(internal)
    cli.command()(listener)


def api(
    workers: Annotated[
        int | None, typer.Option(help="How many processes serve the port.", show_default="API_WORKERS")
    ] = None,
) -> None:
    """Serve customers and mitras: HTTP and WebSocket on PUBLIC_HOST:PUBLIC_PORT."""
    settings = load(ApiSettings, **({} if workers is None else {"api_workers": workers}))
    logs.configure(settings, process="api")
    port = reserve(settings.public_host, settings.public_port, setting="PUBLIC_PORT")
    require_database(settings.database_url, process="api")
    from app.serving.apps import create_public_app
    from app.wire import connection_limits

    metrics = f"{settings.metrics_host}:{settings.metrics_port}" if settings.metrics_port else "off"
    address = f"{settings.public_host}:{settings.public_port}"
    with _told(settings, address=address, metrics=metrics, workers=str(settings.api_workers)):
        connection_limits.trust(settings.trusted_proxies)
        if settings.api_workers == 1:
            _serve(create_public_app(settings), port, settings, process="api")
        else:
            sys.exit(_serve_by_workers(settings, port))


def internal() -> None:
    """Serve the control centre and Prometheus on INTERNAL_HOST:INTERNAL_PORT."""
    settings = load(InternalSettings)
    logs.configure(settings, process="internal")
    port = reserve(settings.internal_host, settings.internal_port, setting="INTERNAL_PORT")
    require_database(settings.database_url, process="internal")
    from app.serving.apps import create_internal_app
    from app.wire import connection_limits

    with _told(settings, address=f"{settings.internal_host}:{settings.internal_port}"):
        connection_limits.trust(settings.trusted_proxies)
        _serve(create_internal_app(settings), port, settings, process="internal")


def listener() -> None:
    """Carry what PostgreSQL notifies to Valkey and the sockets, run deadlines and sweeps."""
    settings = load(ListenerSettings)
    logs.configure(settings, process="listener")
    port = reserve(settings.listener_host, settings.listener_port, setting="LISTENER_PORT")
    require_database(settings.database_url, process="listener")
    # Only here does `app` import `listeners`: the command line starts both.
    from listeners import daemon

    garbage_collection.look_seldom()
    with (
        _told(settings, address=f"{settings.listener_host}:{settings.listener_port}"),
        tracing.traced(settings.otel_exporter_otlp_endpoint, process="listener"),
    ):
        daemon.main(settings, port)


@contextmanager
def _told(settings: DatabaseSettings, **addresses: str) -> Iterator[None]:
    """Log that the process starts, with its role in PostgreSQL and its addresses; and that it has stopped."""
    role = conninfo_to_dict(settings.database_url).get("user")
    log.info("process_starting", version=version("halobestie"), database_role=role, **addresses)
    try:
        yield
    finally:
        log.info("process_stopped")


class _AppServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, on_serving: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_serving = on_serving
        self._alive: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_serving()
        self._alive = asyncio.create_task(systemd.keep_alive())

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.started:
            log.info("process_stopped")
            os._exit(0)  # nothing is served yet, so nothing has to be finished; open transactions are rolled back
        systemd.tell(systemd.STOPPING)
        super().handle_exit(sig, frame)


def _tell_systemd() -> None:
    systemd.tell(systemd.READY)


def _serve(
    app: Callable[..., Any],
    port: socket,
    settings: TracedSettings,
    *,
    process: str,
    on_serving: Callable[[], None] = _tell_systemd,
) -> None:
    # The port is reserved already, and refuses connections until everything overdue is settled.
    from app.serving.server import UVICORN, StoresFirst
    from app.wire.connection_limits import raise_file_limit

    raise_file_limit()
    # At its end, uvicorn raises the signal that stopped it again; then all is finished, and the exit code is 0.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    config = uvicorn.Config(app, **UVICORN)
    config.load()
    config.lifespan_class = StoresFirst
    server = _AppServer(config, on_serving)
    garbage_collection.look_seldom()
    with tracing.traced(settings.otel_exporter_otlp_endpoint, process=process):
        server.run([port])


def _serve_by_workers(settings: ApiSettings, port: socket) -> int:
    """Serve the public app by several processes; returns the exit code."""
    from app.serving.apps import create_public_app
    from app.serving.metrics_server import metrics_port, serve_all_workers
    from app.serving.workers import Fork, supervise, tell_serving

    share(port)
    others = []
    own_pages: list[socket | None] = [None] * settings.api_workers
    if (page_of_all := metrics_port(settings)) is not None:
        reserved = [reserve("127.0.0.1", 0, setting="METRICS_PORT") for _ in own_pages]
        others.append(Fork("metrics", lambda _: serve_all_workers(page_of_all, reserved)))
        own_pages = [*reserved]
    supervisor, of_a_worker = os.getpid(), settings.model_copy(update={"metrics_port": 0})

    def work(own_page: socket | None, is_first: bool) -> None:
        with expected_errors_said():
            own_port = reserve(settings.public_host, settings.public_port, setting="PUBLIC_PORT", is_shared=True)
            app = create_public_app(of_a_worker, settles=is_first, metrics_at=own_page)
            _serve(app, own_port, settings, process="api", on_serving=lambda: tell_serving(supervisor))

    first, *more = (Fork(str(number), partial(work, own_page)) for number, own_page in enumerate(own_pages, 1))
    return supervise(first, [*more, *others])
