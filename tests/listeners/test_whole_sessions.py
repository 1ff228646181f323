"""A whole paid session, over HTTP to real processes, where something has become of a server."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import valkey

from app.development.postgres import EmbeddedPostgres
from app.development.valkey import EmbeddedValkey
from tests.support.visitors import Visitors, serving
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
ROLES = {"api": "halo_app", "internal": "halo_cc", "listener": "halo_listener"}


def play(visitors: Visitors, conn: psycopg.Connection) -> None:
    session = visitors.begin()
    visitors.talk(session)
    visitors.end(session)
    assert conn.execute("SELECT * FROM ops.invariant_violations").fetchall() == []
    assert conn.execute("SELECT unaccounted FROM ops.money_balance").fetchall() == [(0,)]


def test_it_is_played_after_a_standby_was_promoted(
    own_postgres: EmbeddedPostgres, standby: EmbeddedPostgres, valkey_url: str
) -> None:
    ports = f"127.0.0.1:{own_postgres.port},127.0.0.1:{standby.port}"
    urls = {command: f"postgresql://{role}@{ports}/halobestie" for command, role in ROLES.items()}
    with serving(list(ROLES), place=ROOT, url=urls, valkey_url=valkey_url) as served:
        own_postgres.kill()
        with psycopg.connect(standby.url("halobestie"), autocommit=True) as conn:
            conn.execute("SELECT pg_promote()")
            until(served.is_ready, "all processes have found the promoted server", seconds=30)
            play(Visitors(served, conn), conn)


def test_it_is_played_with_a_full_valkey(
    conn: psycopg.Connection, role_url: Callable[[str], str], own_valkey: EmbeddedValkey
) -> None:
    urls = {command: role_url(role) for command, role in ROLES.items()}
    with (
        serving(list(ROLES), place=ROOT, url=urls, valkey_url=own_valkey.url) as served,
        valkey.Valkey.from_url(own_valkey.url) as client,
    ):
        client.config_set("maxmemory", 1)
        play(Visitors(served, conn), conn)
