"""`halobestie doctor`: checks all that this machine's settings name, and says what to do about what does not work."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

import httpx
import psycopg
import typer
import valkey.exceptions
from psycopg.conninfo import conninfo_to_dict
from rich.console import Console
from rich.table import Table

from app.cli.certificates import good_until
from app.cli.here import is_run_here, load_here
from app.cli.starting import why_no_start
from app.mirror.check import differences
from app.mirror.keys import Keys
from app.observability import logs
from app.payments.checkout import why_nobody_can_pay
from app.postgres.database import with_defaults
from app.postgres.migrations.files import DIRECTORY, Files
from app.postgres.migrations.roles import missing_role_statements
from app.postgres.migrations.state import behind, steps_and_triggers_behind
from app.readiness.clock import TOLERATED_SECONDS
from app.readiness.hearing import why_nothing_is_heard
from app.settings import (
    ApiSettings,
    DatabaseSettings,
    InternalSettings,
    ListenerSettings,
    Settings,
    SettingsError,
    StoreSettings,
    ValkeySettings,
    XenditSettings,
    load,
)
from app.valkey.client import connect_valkey
from app.valkey.cluster import Cluster
from app.valkey.endpoint import Endpoint
from app.valkey.eviction import eviction_fault
from app.wire.address import is_loopback

Group = TypeVar("Group", bound=Settings)

POSTGRES_VERSIONS = range(15, 19)
OLDEST_VALKEY = (7, 2)
PROVIDER_SECONDS = 5.0
SOON = timedelta(days=21)
"""A certificate that ends within this time is reported."""

_GROUPS: dict[str, type[Settings]] = {
    "api": ApiSettings,
    "internal": InternalSettings,
    "listener": ListenerSettings,
    "migrate": DatabaseSettings,
}


class Mark(StrEnum):
    """How a finding is shown; only `WRONG` makes the exit code 1."""

    WELL = "[green]ok[/]"
    NOTE = "[yellow]!![/]"
    WRONG = "[red]NO[/]"


@dataclass(frozen=True)
class Finding:
    """What was looked at, whether it is well, and what was found or what to do."""

    about: str
    mark: Mark
    words: str

    @classmethod
    def of(cls, about: str, is_well: bool, words: str) -> "Finding":
        """A finding that is either well or wrong."""
        return cls(about, Mark.WELL if is_well else Mark.WRONG, words)


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(doctor)


def doctor(
    command: Annotated[
        str | None, typer.Argument(help=f"Look at what one command needs: {', '.join(_GROUPS)}. Without it, at all.")
    ] = None,
) -> None:
    """Check settings, connections, versions, roles, the schema, the mirror, clocks, the provider and certificates.

    Says what to do; exit code 1 when something is wrong.
    """
    logs.configure(load(Settings, log_level="error"), process="doctor")
    if command is not None and command not in _GROUPS:
        raise typer.BadParameter(f"must be one of {', '.join(_GROUPS)}")
    groups = _GROUPS if command is None else {command: _GROUPS[command]}
    table = Table("", "what", "finding", box=None, pad_edge=False)
    findings = []
    with Console(stderr=True).status("looking") as status:
        for finding in _findings(groups):
            findings.append(finding)
            table.add_row(finding.mark.value, finding.about, finding.words)
            status.update(f"looking; last at: {finding.about}")
    Console().print(table)
    if any(finding.mark == Mark.WRONG for finding in findings):
        raise typer.Exit(1)


def _findings(groups: dict[str, type[Settings]]) -> Iterator[Finding]:
    # A run on this machine gives its processes their settings itself.
    if not is_run_here():
        for command, group in groups.items():
            yield _settings_of(command, group)
    looks: tuple[tuple[type[Settings], str, Callable[..., Iterator[Finding]]], ...] = (
        (DatabaseSettings, "PostgreSQL", partial(_postgres, list(groups))),
        (ValkeySettings, "Valkey", _valkey),
        (StoreSettings, "mirror", _mirror),
        (XenditSettings, "payments", _payments),
        (ApiSettings, "OTP gateway", _otp_gateway),
    )
    for needed, about, look in looks:
        if any(issubclass(group, needed) for group in groups.values()):
            yield from _with(needed, about, look)


def _settings_of(command: str, group: type[Settings]) -> Finding:
    try:
        load(group)
    except SettingsError as error:
        return Finding.of(f"settings of {command}", False, "\n".join(error.faults))
    return Finding.of(f"settings of {command}", True, "complete")


def _with(group: type[Group], about: str, look: Callable[[Group], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        settings = load_here(group)
    except SettingsError:
        yield Finding(about, Mark.NOTE, "not looked at: its settings are missing or wrong, see above")
        return
    yield from look(settings)


def _postgres(commands: Sequence[str], settings: DatabaseSettings) -> Iterator[Finding]:
    urls = {"DATABASE_URL": settings.database_url}
    if "listener" in commands:
        urls.setdefault(settings.listening_setting, settings.listening_url)
    for setting, url in urls.items():
        yield from postgres_way(url, setting)
    try:
        with psycopg.connect(with_defaults(settings.database_url, name="halobestie-doctor"), autocommit=True) as conn:
            yield Finding.of("PostgreSQL", True, f"answers to {conn.info.user}")
            version = conn.info.server_version // 10000
            supported = f"{POSTGRES_VERSIONS[0]} to {POSTGRES_VERSIONS[-1]} are supported"
            yield Finding.of("PostgreSQL version", version in POSTGRES_VERSIONS, f"{version}; {supported}")
            yield _clock(conn)
            yield from _schema(conn)
            yield _roles(conn)
        yield _start(commands, settings)
        if "listener" in commands:
            unheard = why_nothing_is_heard(settings)
            yield Finding.of("LISTEN", unheard is None, unheard or "what is notified is heard")
    except psycopg.Error as error:
        yield Finding.of("PostgreSQL", False, f"{str(error).strip()}\nIs it running, and is DATABASE_URL right?")
        return
    for url in urls.values():
        parts = conninfo_to_dict(url)
        if parts.get("sslmode") != "disable":
            for host in _hosts(url):
                port = int(str(parts.get("port") or 5432).split(",")[0])
                yield from _certificate("certificate of PostgreSQL", host, port, is_postgres=True)


def postgres_way(url: str, setting: str = "DATABASE_URL") -> Iterator[Finding]:
    """Whether others on the way to PostgreSQL could read along, or answer in its place."""
    mode = str(conninfo_to_dict(url).get("sslmode") or "prefer")
    if mode != "verify-full" and not all(map(_is_here, _hosts(url))):
        words = f"sslmode={mode}: over a network add sslmode=verify-full&sslrootcert=… to {setting}"
        yield Finding("way to PostgreSQL", Mark.NOTE, words)


def valkey_way(url: str) -> Iterator[Finding]:
    """The same for Valkey."""
    endpoint = Endpoint.parse(url)
    is_verified = endpoint.tls and endpoint.options.get("ssl_cert_reqs") != "none"
    if not is_verified and not all(_is_here(address.host) for address in endpoint.addresses):
        words = "not encrypted, or with any certificate: over a network use valkeys:// in VALKEY_URL"
        yield Finding("way to Valkey", Mark.NOTE, words)


def _hosts(url: str) -> list[str]:
    """The hosts of an address of PostgreSQL that are reached over a network, be it this machine's own."""
    hosts = str(conninfo_to_dict(url).get("host") or "").split(",")
    return [host for host in hosts if host and not host.startswith("/")]


def _is_here(host: str) -> bool:
    return host == "localhost" or is_loopback(host)


def _clock(conn: psycopg.Connection) -> Finding:
    asked_at = time.time()
    row = conn.execute("SELECT extract(epoch FROM clock_timestamp())::float").fetchone()
    answered_at = time.time()
    assert row is not None, "a SELECT without FROM has a row"
    ahead = (asked_at + answered_at) / 2 - row[0]
    is_well = abs(ahead) - (answered_at - asked_at) / 2 <= TOLERATED_SECONDS
    advice = "" if is_well else ": synchronise both with NTP; a process whose clock is wrong issues no tokens"
    return Finding.of(
        "clock", is_well, f"{abs(ahead):.1f} s {'ahead of' if ahead > 0 else 'behind'} PostgreSQL's{advice}"
    )


def _schema(conn: psycopg.Connection) -> Iterator[Finding]:
    files = Files.read(DIRECTORY)
    found, more = behind(conn, files), steps_and_triggers_behind(conn, files)
    if found or more:
        yield Finding.of("schema", False, "\n".join([*found, *(more or []), "Run `halobestie migrate`."]))
    elif more is None:
        yield Finding.of("schema", True, "functions and their rights are as the files say")
    else:
        yield Finding.of("schema", True, "migrations, functions, their rights and triggers are as the files say")
    if more is None:
        words = "not looked at: `doctor migrate` with the address of a member of halo_owner looks"
        yield Finding("migrations and triggers", Mark.NOTE, words)


def _roles(conn: psycopg.Connection) -> Finding:
    """Whether our roles have their limits and rights in this database, also in sessions that a pooler opens."""
    try:
        missing = missing_role_statements(conn)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        return Finding("roles", Mark.NOTE, "not looked at: migrate first, and connect as one of the program's roles")
    if not missing:
        return Finding.of("roles", True, "have their settings and rights in this database")
    words = "Run these as a role that may create roles and owns the database, or let it run `halobestie migrate`:"
    return Finding.of("roles", False, "\n".join([words, *(f"{statement};" for statement in missing)]))


def _start(commands: Sequence[str], settings: DatabaseSettings) -> Finding:
    """Whether the commands would start on this database, as this role.

    Each process has a role of its own, so of several processes one that starts is enough.
    """
    asked = [command for command in commands if command != "migrate"] or commands
    faults = {command: fault for command in asked if (fault := why_no_start(command, settings)) is not None}
    fit = ", ".join(command for command in asked if command not in faults)
    if not faults:
        return Finding.of("start", True, f"{fit} can start with this address")
    words = "\n".join(dict.fromkeys(faults.values()))
    if not fit:
        return Finding.of("start", False, words)
    return Finding("start", Mark.NOTE, f"{fit} can start with this address, others need their own:\n{words}")


def _valkey(settings: ValkeySettings) -> Iterator[Finding]:
    yield from valkey_way(settings.valkey_url)
    try:
        name, version, fault = asyncio.run(_valkey_facts(settings))
    except (valkey.exceptions.ValkeyError, OSError, TimeoutError) as error:
        advice = "Is it running, and is VALKEY_URL right? Meanwhile PostgreSQL answers, slower."
        yield Finding.of("Valkey", False, f"{error}\n{advice}")
        return
    yield Finding.of("Valkey", True, "answers")
    oldest = ".".join(map(str, OLDEST_VALKEY))
    is_new_enough = tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_VALKEY
    yield Finding.of("Valkey version", is_new_enough, f"{name} {version}; {oldest} or newer is needed")
    yield Finding.of("Valkey eviction", fault is None, fault or "a full Valkey deletes nothing of ours")
    endpoint = Endpoint.parse(settings.valkey_url)
    if endpoint.tls:
        for host, port in endpoint.addresses:
            yield from _certificate("certificate of Valkey", host, port)


async def _valkey_facts(settings: ValkeySettings) -> tuple[str, str, str | None]:
    """The name and version of the server that holds our keys; and what is wrong, if it deletes them when it is full."""
    client = connect_valkey(settings.valkey_url, timeout=settings.valkey_timeout_ms / 1000)
    try:
        node = {"target_nodes": await client.holder(Keys.of(settings).epoch)} if isinstance(client, Cluster) else {}
        info = await client.info("server", **node)
        memory = await client.info("memory", **node)
    finally:
        await client.aclose()
    fault = eviction_fault(memory.get("maxmemory_policy", "noeviction"), memory.get("maxmemory", 0))
    return info.get("server_name", "redis"), info.get("valkey_version") or info["redis_version"], fault


def _mirror(settings: StoreSettings) -> Iterator[Finding]:
    try:
        found = asyncio.run(differences(settings))
    except psycopg.errors.InsufficientPrivilege:
        yield Finding("mirror", Mark.NOTE, "not looked at: this role may not read it; `doctor listener` looks")
        return
    except (psycopg.Error, valkey.exceptions.ValkeyError, OSError, TimeoutError):
        yield Finding("mirror", Mark.NOTE, "not looked at: a store does not answer, or the schema is behind")
        return
    keys = Keys(settings.valkey_key_prefix)
    if any(difference.key.split()[0] in (keys.epoch, keys.alive) for difference in found):
        yield Finding("mirror", Mark.NOTE, "not kept: PostgreSQL answers. `halobestie listener` builds and keeps it.")
        return
    advice = "" if not found else ": `halobestie mirror check` lists them, the listener heals them"
    yield Finding.of("mirror", not found, f"{len(found)} differences from PostgreSQL{advice}")


def _payments(settings: XenditSettings) -> Iterator[Finding]:
    key = settings.xendit_secret_key
    if not settings.xendit_enabled or key is None:
        without = why_nobody_can_pay(settings)
        yield Finding("payments", Mark.NOTE if without else Mark.WELL, without or "manual, for development")
        return
    try:
        # This payment session does not exist. Any answer, except a refusal of the key, proves that the key is right.
        address = f"{settings.xendit_base_url}/sessions/doctor"
        status = httpx.get(address, auth=(key.get_secret_value(), ""), timeout=PROVIDER_SECONDS).status_code
    except httpx.HTTPError as error:
        yield Finding.of("payments", False, f"Xendit can't be reached: {error}\nIs XENDIT_BASE_URL right?")
        return
    is_known = status not in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)
    yield Finding.of("payments", is_known, "Xendit answers" if is_known else "Xendit refuses XENDIT_SECRET_KEY")
    yield from _https_certificate("certificate of Xendit", settings.xendit_base_url)


def _otp_gateway(settings: ApiSettings) -> Iterator[Finding]:
    if settings.otp_http_url is not None:
        yield from _https_certificate("certificate of the OTP gateway", settings.otp_http_url)


def _https_certificate(about: str, url: str) -> Iterator[Finding]:
    parts = urlsplit(url)
    if parts.scheme == "https" and parts.hostname:
        yield from _certificate(about, parts.hostname, parts.port or 443)


def _certificate(about: str, host: str, port: int, *, is_postgres: bool = False) -> Iterator[Finding]:
    try:
        end = good_until(host, port, is_postgres=is_postgres)
    except OSError as error:
        yield Finding.of(about, False, f"{host}:{port} shows none: {error}")
        return
    if end is None:
        return  # it has no TLS, and its address asks for none
    left = end - datetime.now(UTC)
    words = f"{host} is good until {end:%Y-%m-%d}"
    if left <= timedelta():
        yield Finding.of(about, False, f"{host} ended on {end:%Y-%m-%d}: renew it")
    elif left <= SOON:
        yield Finding(about, Mark.NOTE, f"{words}: renew it")
    else:
        yield Finding.of(about, True, words)
