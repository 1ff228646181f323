"""What the mirror is compared with does the work: it hears, and it writes."""

from pathlib import Path

import psycopg
import pytest
import valkey

from bench import programs
from bench.rows.reseed import copy_rows
from bench.yardsticks import commands
from tests.support.market import Market

pytestmark = pytest.mark.not_on("cluster", "the yardsticks have plain clients of one server")


def test_the_hop_writes_what_it_hears(conn: psycopg.Connection, valkey_url: str, tmp_path: Path) -> None:
    dsn = conn.info.dsn
    with (
        programs.running(
            commands.hop(dsn, "yardstick", valkey_url, "yardstick:heard"), {}, tmp_path / "hop.log"
        ) as hop,
        valkey.Valkey.from_url(valkey_url) as client,
    ):

        def is_heard() -> bool:
            conn.execute("SELECT pg_notify('yardstick', 'a payload')")
            return bool(client.get("yardstick:heard") == b"a payload")

        programs.wait_for(is_heard, "the payload", hop)


def test_the_copy_writes_every_mitra(conn: psycopg.Connection, market: Market, valkey_url: str) -> None:
    mitras = {str(market.mitra().id) for _ in range(3)}
    copy_rows(conn, valkey_url)
    with valkey.Valkey.from_url(valkey_url, decode_responses=True) as client:
        assert set(client.smembers("yardstick:online")) == mitras
        assert set(client.hkeys("yardstick:mitras")) == set(client.zrange("yardstick:free", 0, -1)) == mitras
        for mitra in mitras:
            assert client.get(f"yardstick:capacity:{mitra}") == "0"
            assert client.exists(f"yardstick:heartbeat:{mitra}") == 1
            assert client.zscore("yardstick:ranked", mitra) is not None
