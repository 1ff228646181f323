"""A process starts on a database that has what it needs, more of it or not, and says in a line what is missing."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from app.development.processes import free_port
from app.readiness.needs import ROLES, require_database
from app.settings import SettingsError
from tests.support.command import halobestie_in
from tests.support.tokens import TEST_JWT_SECRET


def test_each_process_may_call_what_it_needs_and_the_owner_too(
    role_url: Callable[[str], str], database_url: str
) -> None:
    for process, role in ROLES.items():
        require_database(role_url(role), process=process)
        require_database(database_url, process=process)


def test_a_database_with_more_than_is_needed_is_enough(
    conn: psycopg.Connection, role_url: Callable[[str], str]
) -> None:
    conn.execute("CREATE FUNCTION api.older(p_thing text) RETURNS text LANGUAGE sql AS 'SELECT p_thing'")
    conn.execute("CREATE FUNCTION api.accept_offer(p_offer_id uuid) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'")
    require_database(role_url("halo_app"), process="api")


def test_what_the_database_lacks_is_named(conn: psycopg.Connection, role_url: Callable[[str], str]) -> None:
    conn.execute("ALTER FUNCTION api.accept_offer(uuid, uuid) RENAME TO accepted_offer")
    with pytest.raises(SettingsError, match=r"the database lacks api\.accept_offer: run `halobestie migrate` first"):
        require_database(role_url("halo_app"), process="api")


def test_an_argument_that_is_missing_counts(conn: psycopg.Connection, role_url: Callable[[str], str]) -> None:
    conn.execute("DROP FUNCTION api.decline_offer")
    conn.execute(
        "CREATE FUNCTION api.decline_offer(p_offer_id uuid) RETURNS jsonb LANGUAGE sql AS 'SELECT NULL::jsonb'"
    )
    with pytest.raises(SettingsError, match=r"api\.decline_offer"):
        require_database(role_url("halo_app"), process="api")


@pytest.mark.parametrize("wrong", [{"user": "nobody"}, {"dbname": "nothing"}])
def test_a_role_or_database_that_is_not_there_is_named_without_waiting(
    database_url: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(SettingsError, match=r'DATABASE_URL: .*(role "nobody"|database "nothing") does not exist'):
        require_database(make_conninfo(database_url, **wrong), process="api")


def test_a_postgresql_that_is_away_is_waited_for() -> None:
    require_database(f"postgresql://x@127.0.0.1:{free_port()}/x", process="api")


def test_a_right_that_was_taken_from_the_role_is_named(
    conn: psycopg.Connection, role_url: Callable[[str], str]
) -> None:
    conn.execute("REVOKE EXECUTE ON FUNCTION api.accept_offer FROM halo_app")
    require_database(role_url("halo_cc"), process="internal")
    with pytest.raises(SettingsError, match=r"halo_app may not call api\.accept_offer: run `halobestie migrate` first"):
        require_database(role_url("halo_app"), process="api")


@pytest.mark.parametrize("process", ["api", "internal", "listener"])
def test_a_process_ends_with_a_line_on_a_database_that_was_never_migrated_and_as_the_wrong_role(
    empty_database_url: str, role_url: Callable[[str], str], process: str, tmp_path: Path
) -> None:
    for url, words in (
        (empty_database_url, "run `halobestie migrate` first"),
        (role_url("halo_readonly"), "halo_readonly may not call what"),
    ):
        ended = halobestie_in(
            tmp_path,
            process,
            DATABASE_URL=url,
            VALKEY_URL="valkey://127.0.0.1:1",
            AUTH_JWT_SECRET=TEST_JWT_SECRET,
            OTP_HTTP_URL="http://127.0.0.1:1",
        )
        assert ended.returncode == 2, ended.stderr
        assert words in ended.stderr
        assert len(ended.stderr.splitlines()) == 1, ended.stderr
