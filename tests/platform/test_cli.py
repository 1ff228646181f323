"""The commands, as a shell has them: what they say, and the exit code."""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import httpx
import psycopg
import pytest

from app.development.processes import Child, Family, free_port
from app.postgres.migrations import migrate
from app.postgres.migrations.roles import settle_roles
from app.settings import ApiSettings
from tests.support.catalogue import picture
from tests.support.command import environment, halobestie
from tests.support.mirror import kept_mirror
from tests.support.pgbouncer import pgbouncer
from tests.support.servers import PostgresServer
from tests.support.waiting import START_SECONDS, until

SECRET = "0123456789abcdef0123456789abcdef"


def test_help_lists_every_command() -> None:
    said = halobestie("--help").stdout
    commands = "run api internal listener migrate rollback seed-demo simulate mirror config logs create-admin doctor"
    assert [name for name in commands.split() if f" {name} " not in said] == []


def test_the_release_is_shown_and_shells_complete_commands() -> None:
    said = halobestie("--version")
    assert said.stdout == f"halobestie {version('halobestie')}\n"
    completion = halobestie(_HALOBESTIE_COMPLETE="complete_bash", COMP_WORDS="halobestie mi", COMP_CWORD="1")
    assert completion.stdout.split() == ["migrate", "mirror"], completion


def test_seeding_twice_makes_two_operators_and_nobody_online(conn: psycopg.Connection, database_url: str) -> None:
    assert halobestie("seed-demo", DATABASE_URL=database_url).returncode == 0
    counts = """
        SELECT
            (SELECT count(*) FROM core.control_center_users),
            (SELECT count(*) FROM core.mitra_online_status WHERE is_online),
            (SELECT count(*) > 0 FROM core.price_packages WHERE is_extension),
            (SELECT count(*) > 0 FROM core.price_packages WHERE NOT is_extension),
            (SELECT count(*) > 0 FROM core.mitras)
    """
    before = conn.execute(counts).fetchone()
    assert before == (2, 0, True, True, True)
    halobestie("seed-demo", DATABASE_URL=database_url)
    assert conn.execute(counts).fetchone() == before


def test_a_rollback_names_what_it_undoes_and_asks_first(empty_database_url: str) -> None:
    *_, before, newest = migrate(empty_database_url).migrations
    with psycopg.connect(empty_database_url, autocommit=True) as conn:
        whole = picture(conn)
        asked = halobestie("rollback", DATABASE_URL=empty_database_url)
        assert (asked.returncode, picture(conn)) == (1, whole)
        assert f"To be undone: {newest}. What their tables and columns hold is lost." in asked.stderr

        undone = halobestie("rollback", "--steps", "2", "--yes", DATABASE_URL=empty_database_url)
        assert undone.returncode == 0, undone.stderr
        assert f"Undone: {newest}, {before}. Run `migrate`" in undone.stderr
        assert migrate(empty_database_url).migrations == [before, newest]
        assert picture(conn) == whole

        assert "Nothing was touched." in halobestie("rollback", typed="n\n", DATABASE_URL=empty_database_url).stderr
        assert picture(conn) == whole


def test_a_rule_is_read_and_changed_within_its_range(conn: psycopg.Connection, database_url: str) -> None:
    assert halobestie("config", "get", "blast_size", DATABASE_URL=database_url).stdout == "10\n"
    assert halobestie("config", "set", "blast_size", "7", DATABASE_URL=database_url).stdout.startswith(
        "blast_size = 7 "
    )
    assert conn.execute("SELECT api.get_config('blast_size')").fetchone() == (7,)

    refused = halobestie("config", "set", "blast_size", "0", DATABASE_URL=database_url)
    assert refused.returncode == 1
    assert refused.stderr.startswith("VALIDATION_ERROR: ")
    assert len(refused.stderr.splitlines()) == 1

    for value in ("NaN", "Infinity", "1e999999", '"\\u0000"'):
        refused = halobestie("config", "set", "blast_size", value, DATABASE_URL=database_url)
        assert refused.returncode == 1, value
        assert len(refused.stderr.splitlines()) == 1, refused.stderr

    late = halobestie("config", "set", "blast_size", "8", "--if-version", "1", DATABASE_URL=database_url)
    assert late.stderr.startswith("VERSION_MISMATCH: ")
    assert "offer_timeout_seconds" in halobestie("config", "get", DATABASE_URL=database_url).stdout


def test_an_operator_made_by_hand_has_no_password_that_is_guessed(conn: psycopg.Connection, database_url: str) -> None:
    for weak in ("short", "Password1234!"):
        refused = halobestie("create-admin", "ops@example.com", DATABASE_URL=database_url, ADMIN_PASSWORD=weak)
        assert refused.returncode == 2
        assert weak not in refused.stderr
    made = halobestie("create-admin", "ops@example.com", DATABASE_URL=database_url, ADMIN_PASSWORD="long enough it is")
    assert made.returncode == 0, made.stderr
    row = conn.execute("SELECT email, password_hash LIKE '$argon2id$%' FROM core.control_center_users").fetchone()
    assert row == ("ops@example.com", True)


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    database_url: str, valkey_url: str, conn: psycopg.Connection
) -> None:
    nothing = halobestie("doctor")
    assert nothing.returncode == 1
    assert "DATABASE_URL: is missing" in nothing.stdout

    away = halobestie("doctor", DATABASE_URL=f"postgresql://x@127.0.0.1:{free_port()}/x", VALKEY_URL=valkey_url)
    assert away.returncode == 1
    assert "Is it running, and is DATABASE_URL right?" in away.stdout

    # A copy of a database has none of the roles' settings.
    bare = halobestie("doctor", **whole(database_url, valkey_url))
    assert bare.returncode == 1
    assert f"ALTER ROLE halo_app IN DATABASE {conn.info.dbname} SET" in bare.stdout
    assert settle_roles(conn) == []

    well = halobestie("doctor", **whole(database_url, valkey_url))
    assert well.returncode == 0, well.stdout + well.stderr
    said = " ".join(well.stdout.split())
    assert "manual, for development" in said
    assert "migrations, functions, their rights and triggers are as the files say" in said
    assert "0.0 s" in said
    assert "!! mirror not kept: PostgreSQL answers." in said

    api = halobestie("doctor", "api", **whole(database_url, valkey_url))
    assert "settings of api" in api.stdout
    assert "settings of listener" not in api.stdout
    assert halobestie("doctor", "apis").returncode == 2
    production = halobestie("doctor", "internal", **whole(database_url, valkey_url) | {"APP_ENV": "production"})
    assert "!! payments no payment provider" in " ".join(production.stdout.split())


def test_the_doctor_says_that_a_command_would_not_start_with_the_role_of_another(
    conn: psycopg.Connection, role_url: Callable[[str], str], valkey_url: str
) -> None:
    settle_roles(conn)
    listener = whole(role_url("halo_listener"), valkey_url)
    wrong = halobestie("doctor", "api", **listener)
    assert wrong.returncode == 1
    said = " ".join(wrong.stdout.split())
    assert "NO start DATABASE_URL: halo_listener may not call what api calls: connect as halo_app" in said
    well = halobestie("doctor", "listener", **listener)
    assert well.returncode == 0, well.stdout + well.stderr
    assert "ok start listener can start with this address" in " ".join(well.stdout.split())

    of_all = halobestie("doctor", **listener)
    assert of_all.returncode == 0, of_all.stdout + of_all.stderr
    assert "!! start listener can start with this address, others need their own" in " ".join(of_all.stdout.split())
    migrating = halobestie("doctor", "migrate", DATABASE_URL=role_url("halo_app"))
    assert migrating.returncode == 1
    assert "NO start Role halo_app is no member of halo_owner" in " ".join(migrating.stdout.split())


def test_the_doctor_listens_as_the_listener_would(
    postgres_server: PostgresServer, conn: psycopg.Connection, role_url: Callable[[str], str], valkey_url: str
) -> None:
    settle_roles(conn)

    def doctor(command: str, url: str) -> tuple[int, str]:
        settings = whole(role_url("halo_listener" if command == "listener" else "halo_app"), valkey_url)
        said = halobestie("doctor", command, **settings, LISTEN_DATABASE_URL=url)
        return said.returncode, " ".join(said.stdout.split())

    code, said = doctor("listener", role_url("halo_listener"))
    assert (code, "ok LISTEN what is notified is heard" in said) == (0, True), said
    away = f"postgresql://x@127.0.0.1:{free_port()}/x"
    code, said = doctor("listener", away)
    assert (code, "NO LISTEN LISTEN_DATABASE_URL: connection failed" in said) == (1, True), said
    assert doctor("api", away)[0] == 0, "only the listener opens it"
    code, said = doctor("listener", postgres_server.url("postgres"))
    assert (code, "NO LISTEN LISTEN_DATABASE_URL: what DATABASE_URL notified was not heard" in said) == (1, True), said
    with pgbouncer(postgres_server) as pooled:
        code, said = doctor("listener", pooled.url(conn.info.dbname, role="halo_listener"))
    assert (code, "NO LISTEN LISTEN_DATABASE_URL: the session is not ours alone" in said) == (1, True), said


async def test_the_doctor_says_that_the_role_of_the_api_may_not_look_at_a_mirror_that_is_kept(
    api_settings: ApiSettings,
) -> None:
    settings = whole(api_settings.database_url, api_settings.valkey_url)
    async with kept_mirror(api_settings) as mirror:
        await mirror.seed()
        said = (await asyncio.to_thread(halobestie, "doctor", "api", **settings)).stdout
    assert "!! mirror not looked at: this role may not read it; `doctor listener` looks" in " ".join(said.split())


def test_the_doctor_finds_a_schema_that_is_not_the_release_s(
    conn: psycopg.Connection, database_url: str, valkey_url: str
) -> None:
    conn.execute("DROP FUNCTION api.packages")
    conn.execute("CREATE FUNCTION core.stale() RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    conn.execute("DROP TRIGGER _100_validate ON core.app_config")
    conn.execute("DELETE FROM core._yoyo_migration WHERE migration_id LIKE '0011%'")
    found = halobestie("doctor", "migrate", DATABASE_URL=database_url)
    assert found.returncode == 1
    said = " ".join(found.stdout.split())
    assert "api.packages is missing core.stale is made by no file" in said
    assert "0011.presence is not applied app_config__100_validate.sql has changed Run `halobestie migrate`." in said


def test_the_doctor_finds_a_body_a_signature_and_a_right_that_are_not_the_files(
    conn: psycopg.Connection, database_url: str, role_url: Callable[[str], str]
) -> None:
    settle_roles(conn)
    as_app = " ".join(halobestie("doctor", "migrate", DATABASE_URL=role_url("halo_app")).stdout.split())
    assert "ok schema functions and their rights are as the files say" in as_app
    assert "!! migrations and triggers not looked at: `doctor migrate` with the address of a member" in as_app

    conn.execute(
        "CREATE OR REPLACE FUNCTION core.fallback_fresh_after() RETURNS timestamptz LANGUAGE sql STABLE"
        " AS 'SELECT clock_timestamp()'"
    )
    conn.execute("CREATE FUNCTION core.config_int(integer) RETURNS integer LANGUAGE sql AS 'SELECT 1'")
    conn.execute("REVOKE EXECUTE ON FUNCTION api.accept_offer FROM halo_app")
    found = halobestie("doctor", "migrate", DATABASE_URL=role_url("halo_readonly"))
    assert found.returncode == 1
    said = " ".join(found.stdout.split())
    assert "core.fallback_fresh_after has another body than its file" in said
    assert "core.config_int has a signature that no file makes" in said
    assert "halo_app may not call api.accept_offer although its file gives the right" in said


def test_the_mirror_that_nobody_built_differs_and_is_said_to(database_url: str, valkey_url: str) -> None:
    checked = halobestie("mirror", "check", DATABASE_URL=database_url, VALKEY_URL=valkey_url)
    assert checked.returncode == 1
    assert "mirror:epoch" in checked.stdout
    assert halobestie("mirror", "reseed", DATABASE_URL=database_url).returncode == 0


def test_a_database_that_was_never_migrated_is_explained_in_one_line(postgres_server: PostgresServer) -> None:
    asked = halobestie("config", "get", DATABASE_URL=postgres_server.url("postgres"))
    assert (asked.returncode, asked.stderr) == (
        1,
        "The database lacks functions of this release: run `halobestie migrate`.\n",
    )


@pytest.mark.parametrize(("command", "port"), [("api", "PUBLIC_PORT"), ("internal", "INTERNAL_PORT")])
def test_an_app_serves_and_ends_with_success_on_sigterm(
    family: Family, tmp_path: Path, database_url: str, valkey_url: str, command: str, port: str
) -> None:
    number = free_port()
    child = start(family, tmp_path, command, **whole(database_url, valkey_url), **{port: str(number)})

    def is_ready() -> bool:
        assert child.exit_code() is None, child.why_it_ended()
        try:
            return httpx.get(f"http://127.0.0.1:{number}/readyz", trust_env=False).is_success
        except httpx.TransportError:
            return False

    until(is_ready, "ready", seconds=START_SECONDS)
    child.send_signal(signal.SIGTERM)
    assert child.wait(START_SECONDS)
    assert child.exit_code() == 0


@pytest.mark.parametrize("command", ["api", "internal", "listener"])
def test_a_start_that_waits_for_postgres_ends_at_once_on_sigterm(
    family: Family, tmp_path: Path, valkey_url: str, command: str
) -> None:
    away = f"postgresql://x@127.0.0.1:{free_port()}/x"
    child = start(family, tmp_path, command, **whole(away, valkey_url))
    until(lambda: "postgres_away" in (tmp_path / "log").read_text(), "waits for PostgreSQL", seconds=START_SECONDS)
    child.send_signal(signal.SIGTERM)
    assert child.wait(START_SECONDS)
    assert child.exit_code() == 0


def whole(database_url: str, valkey_url: str) -> dict[str, str]:
    """What every process needs."""
    return {
        "APP_ENV": "development",
        "DATABASE_URL": database_url,
        "VALKEY_URL": valkey_url,
        "AUTH_JWT_SECRET": SECRET,
        "OTP_PROVIDER": "fixed",
    }


def start(family: Family, tmp_path: Path, command: str, **settings: str) -> Child:
    return family.start(
        command, [sys.executable, "-m", "app", command], log=tmp_path / "log", env=environment(settings)
    )


@pytest.mark.parametrize(
    ("command", "setting"), [("api", "PUBLIC_PORT"), ("internal", "INTERNAL_PORT"), ("listener", "LISTENER_PORT")]
)
def test_a_taken_port_is_said_in_one_line_before_anything_is_done(command: str, setting: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ended = halobestie(
            command,
            DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
            VALKEY_URL="valkey://127.0.0.1:1",
            AUTH_JWT_SECRET=SECRET,
            APP_ENV="development",
            OTP_PROVIDER="fixed",
            PUBLIC_HOST="127.0.0.1",
            **{setting: port},
        )
    assert ended.returncode == 2
    assert ended.stderr.splitlines() == [f"{setting}: 127.0.0.1:{port} can't be used: Address already in use"]


@pytest.mark.parametrize("rule", ["blast_size=²", "blast_size=five", "blast_size=-1", "blast_size"])
def test_a_rule_of_a_replay_that_is_no_whole_number_is_refused_in_a_sentence(rule: str) -> None:
    refused = halobestie("replay", rule, DATABASE_URL="postgresql://nobody@127.0.0.1/halobestie")
    assert refused.returncode == 2, refused.stderr
    assert "A rule is given as blast_size=5." in refused.stderr
