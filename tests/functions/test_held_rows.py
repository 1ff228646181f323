"""A row that somebody holds delays what must change that very row, and nothing more.

Two worlds have due things of every kind each. An open transaction holds a row of the first, and due work is run one
row a call, so that what is stuck would hide the rest at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from tests.functions.worlds import LOST_ITS_MITRA, Due, World, a_world
from tests.support import psql
from tests.support.people import People

# Longer than any call takes that waits for nobody, shorter than any wait.
AT_ONCE = "20s"


def all_that_moves(runner: psycopg.Connection, limit: int = 1) -> Due:
    """Run due work, a row a call unless said otherwise, until nothing moves any more."""
    moved: Due = set()
    while batch := runner.execute("SELECT kind, id FROM api.run_due(%s)", [limit]).fetchall():
        assert moved.isdisjoint(batch)
        moved |= set(batch)
    return moved


@dataclass(frozen=True)
class Held:
    """A row that a transaction holds, and which due things of its world that delays."""

    table: LiteralString
    key: Callable[[World], object]
    delayed: frozenset[str]


MITRA = Held(
    "core.mitras WHERE id",
    lambda world: world.mitra,
    frozenset({"expiry", "lost", "handed", "first_reply", "late", "unanswered", "extension", "silence", "search"}),
)
STREAM = Held(
    "core.event_streams WHERE recipient",
    lambda world: f"mitra:{world.mitra}",
    frozenset(
        {"expiry", "lost", "handed", "back", "closure", "warning", "first_reply", "late", "unanswered"}
        | {"extension", "offer", "silence", "search"}
    ),
)
CUSTOMER: LiteralString = "core.customers WHERE id"
ROWS = (
    MITRA,
    STREAM,
    Held("core.mitra_online_status WHERE mitra_id", lambda world: world.mitra, frozenset({"silence"})),
    Held("core.event_streams WHERE recipient", lambda world: f"customer:{world.customer}", frozenset({"payment"})),
    Held(CUSTOMER, lambda world: world.customer, frozenset()),
    Held("core.chat_sessions WHERE id", lambda world: world.due["expiry"], frozenset({"expiry"})),
    Held("core.pairing_offers WHERE id", lambda world: world.due["offer"], frozenset({"offer", "silence"})),
    Held("core.session_extensions WHERE id", lambda world: world.due["extension"], frozenset({"extension"})),
    Held("core.payment_requests WHERE id", lambda world: world.due["payment"], frozenset({"payment"})),
    Held("core.payment_requests WHERE id", lambda world: world.due["search"], frozenset({"search"})),
)
# Rows about money refer to the customer, and wait for this lock alone.
HELD_HARD = (MITRA, STREAM, Held(CUSTOMER, lambda world: world.customer, frozenset({"payment"})))


@pytest.mark.parametrize(
    ("strength", "rows"), [("NO KEY UPDATE", ROWS), ("UPDATE", HELD_HARD)], ids=["no key update", "update"]
)
def test_a_held_row_delays_only_what_must_change_it(
    people: People, database_url: str, strength: LiteralString, rows: tuple[Held, ...]
) -> None:
    for row in rows:
        held, free = a_world(people), a_world(people)
        expected = held.some(row.delayed)
        with psycopg.connect(database_url) as holder, psycopg.connect(database_url, autocommit=True) as runner:
            runner.execute("SELECT set_config('statement_timeout', %s, false)", [AT_ONCE])
            holder.execute(f"SELECT FROM {row.table} = %s FOR {strength}", [row.key(held)])

            left = (held.all | free.all) - all_that_moves(runner)
            holder.rollback()
            assert left == expected, row.table
            assert all_that_moves(runner) == expected, row.table
    people.assert_all_is_well()


# Tables to which others refer, with the column that they name.
REFERRED_TO = """
SELECT DISTINCT referred.relname, named.attname
FROM pg_constraint AS reference
JOIN pg_class AS referred ON referred.oid = reference.confrelid
JOIN pg_attribute AS named ON named.attrelid = referred.oid AND named.attnum = reference.confkey[1]
WHERE reference.contype = 'f' AND referred.relnamespace = 'core'::regnamespace
ORDER BY referred.relname
"""
# A row that is held may hide that another of the same session is not locked; each of the four mitras has its turn.
TURNS = 4


def rows_referred_to(conn: psycopg.Connection) -> dict[tuple[str, str], set[object]]:
    """The rows to which a row of another table may refer: the values of a key, by table and key."""
    return {
        (table, key): {
            row
            for (row,) in conn.execute(
                sql.SQL("SELECT {} FROM {}").format(sql.Identifier(key), sql.Identifier("core", table))
            )
        }
        for table, key in conn.execute(REFERRED_TO).fetchall()
    }


def test_to_whatever_row_due_work_refers_it_does_not_wait_for_it(
    people: People, conn: psycopg.Connection, database_url: str
) -> None:
    # A foreign key takes a lock that waits for whoever holds the row to change its key, or to delete it.
    free = a_world(people)
    former = rows_referred_to(conn)
    held = a_world(people)
    rows = {place: list(now - former[place]) for place, now in rows_referred_to(conn).items()}
    assert len(rows["mitras", "id"]) == TURNS
    turns = [(*place, own[turn::TURNS]) for place, own in rows.items() for turn in range(TURNS) if own]
    assert {table for table, _, _ in turns} >= {"customers", "mitras", "chat_sessions", "payment_requests"}
    with psycopg.connect(database_url) as holder, psycopg.connect(database_url) as runner:
        runner.execute("SELECT set_config('statement_timeout', %s, false)", [AT_ONCE])
        runner.commit()
        for table, key, own in turns:
            hold = sql.SQL("SELECT FROM {} WHERE {} = ANY (%s) FOR UPDATE")
            holder.execute(hold.format(sql.Identifier("core", table), sql.Identifier(key)), [own])
            # Undone, so that everything is due again while other rows are held.
            assert all_that_moves(runner, 200) >= free.all, table
            runner.rollback()
            holder.rollback()
    assert all_that_moves(conn) == free.all | held.all
    people.assert_all_is_well()


def test_a_mitra_gets_another_phone_while_due_work_finds_its_reply_overdue(
    people: People, conn: psycopg.Connection, database_url: str
) -> None:
    world = a_world(people)
    with psycopg.connect(database_url) as holder, psycopg.connect(database_url) as runner:
        for caller in (holder, runner):
            caller.execute("SELECT set_config('statement_timeout', %s, false)", [AT_ONCE])
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR UPDATE", [world.mitra])
        runner.execute("SELECT core.settle_due('first_reply', core.find_due('first_reply', 10))")
        # The news of it goes through the mitra's stream, which due work must not hold while it waits for the mitra.
        holder.execute("SELECT api.update_mitra(%s, p_phone => '+628111222333')", [world.mitra])
    assert world.some(["first_reply", "late", "unanswered"]) <= all_that_moves(conn)
    people.assert_all_is_well()


def test_a_message_after_the_end_waits_for_nobody_who_holds_its_customer(people: People, database_url: str) -> None:
    people.set("outage_credit_policy", "credit")
    customer = people.customer()
    session = people.session(people.mitra(), customer)
    assert people.value(LOST_ITS_MITRA, session) == session
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.customers WHERE id = %s FOR UPDATE", [customer])
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)
        people.value("SELECT count(*) FROM api.send_message(%s, 'customer', %s, 'one', 'Halo?')", session, customer)
    assert people.column("SELECT kind FROM api.run_due()") == ["expiry"]
    assert people.value("SELECT count(*) FROM core.customer_transactions WHERE type = 'credit'") == 1
    people.assert_all_is_well()


def test_a_wave_leaves_out_a_mitra_whose_row_or_stream_is_held(people: People, database_url: str) -> None:
    held_row, held_stream, free = (people.mitra() for _ in range(3))
    session = people.search()
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR NO KEY UPDATE", [held_row])
        holder.execute(
            "SELECT FROM core.event_streams WHERE recipient = %s FOR NO KEY UPDATE", [f"mitra:{held_stream}"]
        )
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)

        assert people.wave(session, [held_row, held_stream, free]).keys() == {free}
        other = people.search()
        people.set("blast_size", 1)
        assert people.wave(other, [held_row, held_stream, free]).keys() == {free}
        # Also when it chooses by itself, and twice as many as it has places are in the way.
        assert people.column("SELECT mitra_id FROM api.blast(%s)", people.search()) == [free]
    reasons = people.column("SELECT reason FROM ops.explain_pairing(%s) WHERE verdict = 'out' AND wave = 1", session)
    assert [reason.split(":")[0] for reason in reasons] == ["busy row", "busy row"]
    people.value("SELECT api.decline_offer(id, mitra_id) FROM core.pairing_offers WHERE session_id = %s", other)
    assert people.wave(other, [held_row, held_stream, free]).keys() == {held_row}
    people.assert_all_is_well()


def test_sweeps_pass_over_what_is_held(people: People, database_url: str) -> None:
    held, free = people.mitra(), people.mitra()
    lost = [people.payment(people.customer()) for _ in range(2)]
    people.column(
        "UPDATE core.payment_requests SET status = 'confirmed', paid_at = now(), confirmed_at = now()"
        " WHERE id = ANY (%s) RETURNING id",
        lost,
    )
    people.column(
        "UPDATE core.mitra_online_status SET last_online_at = last_online_at - interval '1 h',"
        " last_heartbeat_at = last_heartbeat_at - interval '1 h' RETURNING mitra_id"
    )
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR NO KEY UPDATE", [held])
        holder.execute("SELECT FROM core.payment_requests WHERE id = %s FOR NO KEY UPDATE", [lost[0]])
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)

        assert people.column("SELECT api.auto_offline(%s)", [held, free]) == [free]
        assert people.value("SELECT reconciled FROM api.expire_stale_payment_requests()") == 1
    assert people.column("SELECT api.auto_offline(%s)", [held, free]) == [held]
    assert people.value("SELECT reconciled FROM api.expire_stale_payment_requests()") == 1
    people.assert_all_is_well()


def test_an_extension_that_nobody_asked_for_is_owed_back_while_the_session_of_another_is_held(
    people: People, database_url: str
) -> None:
    mitra = people.mitra()
    held, free = sorted(people.session(mitra) for _ in range(2))
    for session in (held, free):
        people.value(
            "SELECT api.confirm_payment((api.create_payment_request(customer_id, %s, true, id) ->> 'id')::uuid)"
            " FROM core.chat_sessions WHERE id = %s",
            people.package(is_extension=True),
            session,
        )
    people.column(
        "UPDATE core.payment_requests SET confirmed_at = confirmed_at - interval '1 h' WHERE is_extension RETURNING id"
    )
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.chat_sessions WHERE id = %s FOR UPDATE", [held])
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)

        assert people.value("SELECT failed FROM api.expire_stale_payment_requests()") == 1
        assert people.column("SELECT session_id FROM core.pairing_failures") == [free]
    assert people.value("SELECT failed FROM api.expire_stale_payment_requests()") == 1
    people.assert_all_is_well()


@pytest.mark.parametrize("row", ["core.earning_payouts WHERE mitra_id", "core.mitras WHERE id"])
def test_a_period_passes_over_a_mitra_of_whom_a_row_is_held_and_comes_back(
    people: People, database_url: str, row: LiteralString
) -> None:
    mitras = sorted(people.mitra() for _ in range(3))
    held = mitras[1]
    for mitra in (*mitras, held):
        people.value("SELECT api.end_session(%s, 'cc', NULL)", people.session(mitra))
    step = "SELECT api.gather_payouts()"
    with psycopg.connect(database_url) as holder:
        holder.execute(f"SELECT FROM {row} = %s LIMIT 1 FOR UPDATE", [held])
        people.value("SELECT set_config('statement_timeout', %s, false)", AT_ONCE)
        closed = psql.run(
            people.url,
            "--no-align",
            "--tuples-only",
            "--command=SET statement_timeout = '20s'",
            "--command=SELECT made ->> 'is_complete', made ->> 'payouts' FROM api.close_payout_period(now()) AS made",
        )
        assert closed.stdout.split() == ["SET", "false|2"], closed.stderr
        people.value("SELECT api.end_session(%s, 'cc', NULL)", people.session(mitras[2]))
        later = people.value("SELECT api.close_payout_period(clock_timestamp())")
        assert (later["is_complete"], [payout["mitra_id"] for payout in later["items"]]) == (False, [str(mitras[2])])
        assert people.value(step) is False

    assert [people.value(step) for _ in range(3)] == [True, True, False]
    assert people.column("SELECT mitra_id FROM core.payouts ORDER BY until, mitra_id") == [*mitras, mitras[2]]
    amounts = people.column("SELECT amount FROM core.payouts ORDER BY until, mitra_id")
    assert amounts == [amounts[0], 2 * amounts[0], amounts[0], amounts[0]]
    people.assert_all_is_well()
