"""Starts everything on one machine in order, restarts what ends, and stops everything in order."""

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import httpx
import psycopg
from rich.console import Console
from rich.progress import Progress

from app.development.data_directory import locked, publish
from app.development.demo import DEMO_EMAIL, DEMO_PASSWORD, HISTORY_DAYS, seed, seed_history, seed_phones
from app.development.errors import StartError
from app.development.postgres import EmbeddedPostgres, psql_path
from app.development.processes import Child, Family, Stopped, end_leftovers, port_is_free
from app.development.settings import RunSettings
from app.development.valkey import EmbeddedValkey
from app.postgres.command import called
from app.postgres.database import Connection
from app.postgres.migrations import MigrationError, migrate
from app.readiness.needs import ROLES
from app.runtime.ports import reachable
from app.settings import DatabaseSettings
from app.sql import control_centre
from app.sql.query import value

DATABASE = "halobestie"
_JOURNAL = "run.json"
_READY_SECONDS = 60.0
_APPS = ("public", "internal", "listener")
_POLL_SECONDS = 0.2
# When a process ends more often than this within a minute, everything stops.
_RESTARTS = 5
_RESTARTS_WITHIN_SECONDS = 60.0
_RESTART_PAUSE_SECONDS = 0.5
# The role of each process in the embedded database: only what it needs, as in a deployment.
_ROLES = {**ROLES, "simulate": "halo_dba"}
_FLEET = ("--mitras", "20", "--customers", "40")

_console = Console(stderr=True, highlight=False)


def supervise(settings: RunSettings, *, simulation: Sequence[str] | None = None) -> int:
    """Run until asked to stop. Returns the exit code, which is then 0.

    A process that ends by itself is started again; when it ends again and again, everything stops. `simulation` holds
    arguments of `halobestie simulate`: then everything stops when the simulation ends, with its exit code.
    """
    directory = settings.data_dir.resolve()
    try:
        with locked(directory):
            for name in end_leftovers(directory / _JOURNAL):
                _console.print(f"Ended {name}, left over from a run that was killed.")
            with Family(journal=directory / _JOURNAL) as family:
                family.stop_on(signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
                code = _run(settings, directory, family, simulation)
    except (StartError, OSError) as error:  # OSError: the directory belongs to another user, or the disk is full
        return _failed(error)
    if code == 0 and simulation is None:
        _console.print(_farewell(settings), markup=False, soft_wrap=True)
    return code


def _run(settings: RunSettings, directory: Path, family: Family, simulation: Sequence[str] | None) -> int:
    try:
        _start(settings, directory, family, simulation)
        child = _watch(family, until_ends="simulate" if simulation is not None else None)
    except Stopped:
        _console.print("\nStopping everything …")
        return 0
    except (StartError, MigrationError, psycopg.Error) as error:
        return _failed(error)
    if simulation is not None and child.name == "simulate":
        return child.exit_code() or 0
    _console.print(child.why_it_ended(), style="red", markup=False, soft_wrap=True)
    _console.print("Stopping the rest …")
    return 1


def _farewell(settings: RunSettings) -> str:
    if settings.database_url is not None:
        return "Stopped."
    return f"Stopped. Your data is in {settings.data_dir}; remove it to start afresh."


def _watch(family: Family, *, until_ends: str | None) -> Child:
    """Start again what ends by itself. Returns the child that stops all: `until_ends`, or one that ends too often."""
    parent = os.getppid()
    endings: dict[str, list[float]] = {}
    while True:
        if "MAKELEVEL" in os.environ and os.getppid() != parent:
            raise Stopped  # make was killed, and this run was meant
        if (child := family.ended()) is not None:
            now = time.monotonic()
            recent = [at for at in endings.get(child.name, []) if at > now - _RESTARTS_WITHIN_SECONDS]
            if child.name == until_ends or len(recent) >= _RESTARTS:
                return child
            endings[child.name] = [*recent, now]
            _console.print(f"{child.how_it_ended()}; it is started again.", style="yellow", markup=False)
            time.sleep(_RESTART_PAUSE_SECONDS)
            family.restart(child)
        time.sleep(_POLL_SECONDS)


def _failed(error: Exception) -> int:
    _console.print(f"Could not start. {error}", style="red", markup=False, soft_wrap=True)
    return 1


def _start(settings: RunSettings, directory: Path, family: Family, simulation: Sequence[str] | None) -> None:
    started = time.monotonic()
    _require_free_ports(settings)
    with _console.status("starting PostgreSQL and Valkey"):
        urls = _database_urls(settings, directory, family)
        valkey_url = settings.valkey_url or _embedded_valkey(directory, family)
    is_embedded = settings.database_url is None
    if not is_embedded:
        asyncio.run(_require_demo(urls["owner"]))
    with _console.status("migrating the database"):
        migrate(urls["owner"])
    with _console.status("making demo data"):
        database = DatabaseSettings(database_url=urls["owner"])
        asyncio.run(seed(database, is_embedded=is_embedded))
        asyncio.run(seed_phones(database))
    if settings.simulate and simulation is None:
        with Progress(console=_console, transient=True) as progress:
            making = progress.add_task("making up a month of history", total=HISTORY_DAYS + 1)
            asyncio.run(seed_history(database, lambda: progress.advance(making)))
    environment = {**_environment(settings, directory), "VALKEY_URL": valkey_url}

    def start(command: str, *arguments: str, log: Path | None) -> None:
        family.start(
            command,
            [sys.executable, "-m", "app", command, *arguments],
            log=log,
            env={**environment, "DATABASE_URL": urls[command]},
        )

    logs = directory / "logs"
    for command in ("api", "internal", "listener"):
        start(command, log=logs / f"{command}.log")
    addresses = _addresses(settings)
    with _console.status("waiting until both apps and the listener are ready"):
        _wait_until_ready(addresses, family)
    publish(directory, {"database_url": urls["owner"], "valkey_url": valkey_url, **_ports(settings)})
    _announce(addresses, urls["owner"], valkey_url, logs, time.monotonic() - started)
    if simulation is not None:
        start("simulate", *simulation, log=None)
    elif settings.simulate and settings.otp_provider != "fixed":
        _console.print(f"No fleet is simulated: it logs in by OTP_PROVIDER=fixed, not by {settings.otp_provider}.")
    elif settings.simulate:
        # On a terminal it shows a live table; without a terminal its output goes to a file.
        start("simulate", *_FLEET, log=None if sys.stdout.isatty() else logs / "simulate.log")


def _environment(settings: RunSettings, directory: Path) -> dict[str, str]:
    """What the processes find in their environment, but for the stores.

    What this run has a default of its own for is there as its settings say; the processes read `.env` for the rest.
    """
    return {
        **os.environ,
        "APP_ENV": settings.app_env,
        "LOG_FORMAT": settings.log_format,
        "OTP_PROVIDER": settings.otp_provider,
        "AUTH_JWT_SECRET": _jwt_secret(settings, directory),
        **{f"{name.upper()}_HOST": getattr(settings, f"{name}_host") for name in _APPS},
        **{name.upper(): port for name, port in _ports(settings).items()},
        "METRICS_PORT": str(settings.metrics_port),
    }


def _ports(settings: RunSettings) -> dict[str, str]:
    return {f"{name}_port": str(getattr(settings, f"{name}_port")) for name in _APPS}


async def _require_demo(database_url: str) -> None:
    """Refuse a database that holds more than demo data, before anything in it is changed.

    A database with tables but without `api.is_demo` belongs to another program or to an older release.
    """
    settings = DatabaseSettings(database_url=database_url)
    try:
        may = not await called(settings, _has_tables) or await called(settings, control_centre.is_demo)
    except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
        may = False
    if not may:
        raise StartError(
            "The database that DATABASE_URL names holds more than demo data, and this command would open it to"
            " everybody: name an empty database, or unset DATABASE_URL (look into .env too) to use an embedded one."
        )


async def _has_tables(conn: Connection) -> bool:
    return bool(
        await value(
            conn,
            """
            SELECT EXISTS (
                SELECT FROM pg_class AS relation
                WHERE relation.relkind IN ('r', 'p', 'f') AND relation.oid >= 16384
                    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = relation.oid AND deptype = 'e'))
            """,
        )
    )


def _require_free_ports(settings: RunSettings) -> None:
    seen: dict[int, str] = {}
    for name in _APPS:
        host, port = getattr(settings, f"{name}_host"), getattr(settings, f"{name}_port")
        variable = f"{name.upper()}_PORT"
        if port in seen:
            raise StartError(f"{seen[port]} and {variable} are both {port}: choose another for one of them.")
        seen[port] = variable
        if not port_is_free(host, port):
            raise StartError(
                f"Port {port} of {host} is in use by another program: stop that one, or choose another {variable}."
            )


def _database_urls(settings: RunSettings, directory: Path, family: Family) -> dict[str, str]:
    """The database's addresses: its owner's, and each process's with the role that it has there."""
    if settings.database_url is not None:
        return dict.fromkeys(("owner", *_ROLES), settings.database_url)
    log = directory / "logs" / "postgres.log"
    server = EmbeddedPostgres(directory / "postgres", family=family, log=log, on_loopback=False)
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as conn:
        if conn.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            conn.execute(f"CREATE DATABASE {DATABASE}")
    return {"owner": server.url(DATABASE)} | {
        command: server.url(DATABASE, role=role) for command, role in _ROLES.items()
    }


def _embedded_valkey(directory: Path, family: Family) -> str:
    server = EmbeddedValkey(family=family, log=directory / "logs" / "valkey.log", password=secrets.token_urlsafe(24))
    server.start()
    return server.url


def _jwt_secret(settings: RunSettings, directory: Path) -> str:
    """The secret that signs tokens. It is kept in a file for its owner alone, so that logins outlive a restart."""
    if settings.auth_jwt_secret is not None:
        return settings.auth_jwt_secret.get_secret_value()
    file = directory / "auth_jwt_secret"
    try:
        return file.read_text()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(48)
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
            new.write(secret)
        return secret


def _addresses(settings: RunSettings) -> dict[str, str]:
    return {
        name: f"http://{reachable(getattr(settings, f'{name}_host'))}:{getattr(settings, f'{name}_port')}"
        for name in _APPS
    }


def _wait_until_ready(addresses: Mapping[str, str], family: Family) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    waiting = dict(addresses)
    with httpx.Client(timeout=2.0, trust_env=False) as client:
        while waiting:
            if (child := family.ended()) is not None:
                raise StartError(child.why_it_ended())
            if time.monotonic() > deadline:
                raise StartError(
                    f"{', '.join(waiting)} did not become ready within {_READY_SECONDS:.0f} s; see the logs."
                )
            for name, address in list(waiting.items()):
                with suppress(httpx.TransportError):
                    if client.get(f"{address}/readyz").is_success:
                        del waiting[name]
            time.sleep(_POLL_SECONDS)


def _announce(addresses: Mapping[str, str], database_url: str, valkey_url: str, logs: Path, seconds: float) -> None:
    _console.print(
        f"""
Halobestie is ready, {seconds:.0f} s after its start. Ctrl-C stops everything.

  two phones      {addresses["public"]}/demo     play the main job by hand
  apps            {addresses["public"]}          documentation {addresses["public"]}/docs
  control centre  {addresses["internal"]}          documentation {addresses["internal"]}/docs
    demo login    {DEMO_EMAIL} / {DEMO_PASSWORD}
  listener        {addresses["listener"]}/readyz
  PostgreSQL      {psql_path()} {database_url}
  Valkey          {valkey_url}
  logs            {logs}
""",
        markup=False,
        soft_wrap=True,
    )
