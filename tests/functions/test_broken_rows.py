"""A row that can't be settled delays itself, and nothing more: it is said, left out, and tried again later."""

from collections.abc import Callable
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import sql

from tests.functions.worlds import Due, World, a_world
from tests.support.people import People
from tests.support.sizes import IS_PROOF


@dataclass(frozen=True)
class Broken:
    """A row that no write gets past, and which due things of its world that delays."""

    table: str
    column: str
    key: Callable[[World], object]
    delayed: frozenset[str]

    def in_(self, conn: psycopg.Connection, world: World) -> None:
        """Break it."""
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT planted CHECK ({} <> {}) NOT VALID")
        table, column = sql.Identifier("core", self.table), sql.Identifier(self.column)
        conn.execute(add.format(table, column, sql.Literal(str(self.key(world)))))

    def mended(self, conn: psycopg.Connection) -> None:
        """Mend it."""
        drop = sql.SQL("ALTER TABLE {} DROP CONSTRAINT planted")
        conn.execute(drop.format(sql.Identifier("core", self.table)))


ROWS = (
    Broken("chat_sessions", "id", lambda world: world.due["expiry"], frozenset({"expiry"})),
    Broken("chat_sessions", "id", lambda world: world.due["closure"], frozenset({"closure"})),
    Broken("chat_sessions", "id", lambda world: world.due["pairing"], frozenset({"pairing"})),
    Broken("chat_sessions", "id", lambda world: world.due["absence"], frozenset({"absence"})),
    Broken("chat_sessions", "id", lambda world: world.due["reroute"], frozenset({"reroute"})),
    Broken("pairing_offers", "id", lambda world: world.due["offer"], frozenset({"offer", "silence"})),
    Broken("pairing_offers", "id", lambda world: world.due["withdrawal"], frozenset({"withdrawal"})),
    Broken("silences", "offer_id", lambda world: world.due["offer"], frozenset({"offer", "silence"})),
    Broken("session_extensions", "id", lambda world: world.due["extension"], frozenset({"extension"})),
    Broken("payment_requests", "id", lambda world: world.due["payment"], frozenset({"payment"})),
    Broken("payment_requests", "id", lambda world: world.due["search"], frozenset({"search"})),
    Broken("mitra_online_status", "mitra_id", lambda world: world.mitra, frozenset({"silence"})),
    Broken(
        "event_streams",
        "recipient",
        lambda world: f"mitra:{world.mitra}",
        frozenset(
            {"expiry", "lost", "handed", "back", "closure", "warning", "first_reply", "extension"}
            | {"offer", "silence", "search"}
        ),
    ),
)


def all_that_moves(conn: psycopg.Connection, limit: int) -> Due:
    """Run due work until nothing moves any more."""
    moved: Due = set()
    while batch := conn.execute("SELECT kind, id FROM api.run_due(%s)", [limit]).fetchall():
        assert moved.isdisjoint(batch)
        moved |= set(batch)
    return moved


@pytest.mark.parametrize(
    "limit",
    [
        pytest.param(1, marks=[pytest.mark.grows, pytest.mark.skipif(not IS_PROOF, reason="`make proof` has it")]),
        200,
    ],
)
def test_a_broken_row_delays_only_what_must_change_it(people: People, conn: psycopg.Connection, limit: int) -> None:
    for row in ROWS:
        broken, whole = a_world(people), a_world(people)
        expected = broken.some(row.delayed)
        row.in_(conn, broken)
        left = (broken.all | whole.all) - all_that_moves(conn, limit)
        assert left == expected, row
        failed = people.column("SELECT DISTINCT kind FROM ops.failed_deadlines")
        assert set(failed) == {kind for kind, _ in expected} - ({"silence"} if "offer" in row.delayed else set()), row

        row.mended(conn)
        assert all_that_moves(conn, limit) == set(), row
        people.column("UPDATE core.failed_deadlines SET again_at = clock_timestamp() RETURNING id")
        assert all_that_moves(conn, limit) == expected, row
        assert people.column("SELECT id FROM ops.failed_deadlines") == []
    people.assert_all_is_well()


def test_one_that_fails_is_tried_again_after_ever_longer_pauses(people: People, conn: psycopg.Connection) -> None:
    world = a_world(people)
    ROWS[0].in_(conn, world)
    all_that_moves(conn, 200)
    for failures, failed_for, pause in ((1, 0, 10), (2, 15, 15), (3, 3000, 600)):
        if failures > 1:
            people.column(
                "UPDATE core.failed_deadlines SET began_at = clock_timestamp() - make_interval(secs => %s),"
                " again_at = clock_timestamp() RETURNING id",
                failed_for,
            )
            assert all_that_moves(conn, 200) == set()
        row = conn.execute(
            "SELECT kind, id, failures, round(extract(epoch FROM again_at - failed_at))::int, error"
            " FROM api.failed_deadlines()"
        ).fetchone()
        assert row is not None
        assert row[:4] == ("expiry", world.due["expiry"], failures, pause)
        assert "planted" in row[4]
    people.column("UPDATE core.failed_deadlines SET again_at = clock_timestamp() - interval '61 min' RETURNING id")
    people.value("SELECT api.prune('failed_deadlines', 10)")
    assert people.column("SELECT id FROM ops.failed_deadlines") == []


def test_one_that_fails_is_said_with_its_kind_and_id(people: People, conn: psycopg.Connection) -> None:
    world = a_world(people)
    ROWS[0].in_(conn, world)
    said: list[str] = []
    conn.add_notice_handler(lambda notice: said.append(notice.message_primary or ""))
    all_that_moves(conn, 200)
    assert [line.split(":")[0] for line in said] == [
        f"Due work of kind expiry cannot be done for {world.due['expiry']}"
    ]


def test_the_payment_sweep_leaves_out_what_fails(people: People, conn: psycopg.Connection) -> None:
    links = [people.payment(people.customer()) for _ in range(3)]
    lost = [people.payment(people.customer()) for _ in range(6)]
    people.column("UPDATE core.payment_requests SET expires_at = now() WHERE id = ANY (%s) RETURNING id", links)
    people.column(
        "UPDATE core.payment_requests SET status = 'confirmed', paid_at = now(), confirmed_at = now()"
        " - CASE WHEN id = ANY (%s) THEN interval '1 day' ELSE '0' END WHERE id = ANY (%s) RETURNING id",
        lost[:3],
        lost,
    )
    bad = [links[1], lost[1], lost[4]]
    conn.execute(
        sql.SQL(
            "ALTER TABLE core.payment_requests ADD CONSTRAINT planted CHECK (id <> ALL ({}::uuid[])) NOT VALID"
        ).format(sql.Literal([str(one) for one in bad]))
    )

    sweep = "SELECT expired, failed, reconciled FROM api.expire_stale_payment_requests()"
    assert conn.execute(sweep).fetchone() == (2, 2, 2)
    assert set(conn.execute("SELECT kind, id FROM ops.failed_deadlines")) == {
        ("payment", bad[0]),
        ("delivery", bad[1]),
        ("delivery", bad[2]),
    }
    assert conn.execute(sweep).fetchone() == (0, 0, 0)

    conn.execute("ALTER TABLE core.payment_requests DROP CONSTRAINT planted")
    people.column("UPDATE core.failed_deadlines SET again_at = clock_timestamp() RETURNING id")
    assert conn.execute(sweep).fetchone() == (1, 1, 1)
    assert people.column("SELECT id FROM ops.failed_deadlines") == []
    people.assert_all_is_well()
