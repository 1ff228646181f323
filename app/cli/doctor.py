"""`halobestie doctor`: what this machine's settings lead to, and what to do about what does not work."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg
import typer
import valkey.exceptions
from rich.console import Console
from rich.table import Table

from app import logs
from app.cli.here import is_run_here, load_here
from app.database import with_defaults
from app.migrations.roles import missing_role_statements
from app.mirror.client import connect_valkey
from app.mirror.eviction import eviction_fault
from app.provider import lacking
from app.settings import (
    ApiSettings,
    DatabaseSettings,
    InternalSettings,
    ListenerSettings,
    Settings,
    SettingsError,
    ValkeySettings,
    XenditSettings,
    load,
)

Group = TypeVar("Group", bound=Settings)

POSTGRES_VERSIONS = range(15, 19)
OLDEST_VALKEY = (7, 2)


@dataclass(frozen=True)
class Finding:
    """One thing looked at: what it is, whether it is well, and what was seen or what to do."""

    about: str
    is_well: bool
    words: str
    mark: str = ""
    """What is shown instead of ok or NO."""


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command()(doctor)


def doctor() -> None:
    """Check settings, connections and server versions, and say what to do; exit code 1 when something is wrong."""
    logs.configure(Settings(log_level="error"), process="doctor")
    # A run on this machine gives its processes their settings itself.
    commands = {} if is_run_here() else _GROUPS
    findings = [
        *(_settings_of(command, group) for command, group in commands.items()),
        *_with(DatabaseSettings, "PostgreSQL", _postgres),
        *_with(ValkeySettings, "Valkey", _valkey),
        *_with(XenditSettings, "payments", _payments),
    ]
    table = Table("", "what", "finding", box=None, pad_edge=False)
    for finding in findings:
        mark = finding.mark or ("[green]ok[/]" if finding.is_well else "[red]NO[/]")
        table.add_row(mark, finding.about, finding.words)
    Console().print(table)
    if not all(finding.is_well for finding in findings):
        raise typer.Exit(1)


_GROUPS: dict[str, type[Settings]] = {
    "api": ApiSettings,
    "internal": InternalSettings,
    "listener": ListenerSettings,
    "migrate": DatabaseSettings,
}


def _settings_of(command: str, group: type[Settings]) -> Finding:
    try:
        load(group)
    except SettingsError as error:
        return Finding(f"settings of {command}", False, "\n".join(error.faults))
    return Finding(f"settings of {command}", True, "complete")


def _with(group: type[Group], about: str, look: Callable[[Group], list[Finding]]) -> list[Finding]:
    try:
        settings = load_here(group)
    except SettingsError:
        return [Finding(about, False, "not looked at: its address is missing or wrong, see above")]
    return look(settings)


def _postgres(settings: DatabaseSettings) -> list[Finding]:
    try:
        with psycopg.connect(with_defaults(settings.database_url, name="halobestie-doctor"), autocommit=True) as conn:
            version = conn.info.server_version // 10000
            row = conn.execute("SELECT current_user, to_regnamespace('api') IS NOT NULL").fetchone()
            roles = _roles(conn)
    except psycopg.Error as error:
        return [Finding("PostgreSQL", False, f"{str(error).strip()}\nIs it running, and is DATABASE_URL right?")]
    assert row is not None, "a SELECT without FROM has a row"
    user, is_migrated = row
    return [
        Finding("PostgreSQL", True, f"answers to {user}"),
        Finding(
            "PostgreSQL version",
            version in POSTGRES_VERSIONS,
            f"{version}; {POSTGRES_VERSIONS[0]} to {POSTGRES_VERSIONS[-1]} are supported",
        ),
        Finding("schema", is_migrated, "there" if is_migrated else "missing: run `halobestie migrate`"),
        roles,
    ]


def _payments(settings: XenditSettings) -> list[Finding]:
    without = lacking(settings)
    if without is not None:
        return [Finding("payments", True, without, "[yellow]!![/]")]
    return [Finding("payments", True, "Xendit" if settings.xendit_enabled else "manual, for development")]


def _roles(conn: psycopg.Connection) -> Finding:
    """Whether our roles have their limits and rights in this database, whoever opens their sessions."""
    try:
        missing = missing_role_statements(conn)
    except (psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
        return Finding("roles", False, "not looked at: migrate first, and give DATABASE_URL one of the program's roles")
    if not missing:
        return Finding("roles", True, "have their settings and rights in this database")
    words = "Run these as a role that may create roles and owns the database, or let it run `halobestie migrate`:"
    return Finding("roles", False, "\n".join([words, *(f"{statement};" for statement in missing)]))


def _valkey(settings: ValkeySettings) -> list[Finding]:
    try:
        name, version, fault = asyncio.run(_valkey_facts(settings))
    except (valkey.exceptions.ValkeyError, OSError, TimeoutError) as error:
        return [
            Finding(
                "Valkey",
                False,
                f"{error}\nIs it running, and is VALKEY_URL right? Meanwhile PostgreSQL answers, slower.",
            )
        ]
    is_new_enough = tuple(int(part) for part in version.split(".")[:2]) >= OLDEST_VALKEY
    oldest = ".".join(map(str, OLDEST_VALKEY))
    return [
        Finding("Valkey", True, "answers"),
        Finding("Valkey version", is_new_enough, f"{name} {version}; {oldest} or newer is needed"),
        Finding("Valkey eviction", fault is None, fault or "a full Valkey deletes nothing of ours"),
    ]


async def _valkey_facts(settings: ValkeySettings) -> tuple[str, str, str | None]:
    """The server's name and version, and what is wrong with what it deletes when it is full."""
    client = connect_valkey(settings)
    try:
        info = await client.info("server")
        memory = await client.info("memory")
    finally:
        await client.aclose()
    fault = eviction_fault(memory.get("maxmemory_policy", "noeviction"), memory.get("maxmemory", 0))
    return info.get("server_name", "redis"), info.get("valkey_version") or info["redis_version"], fault
