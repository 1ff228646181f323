"""What operators are told of a pairing is what happened, while others are at it, and never anybody's phone."""

from collections.abc import Callable
from typing import LiteralString
from uuid import UUID

import psycopg
import pytest
from psycopg import sql

from tests.support.people import People
from tests.support.together import statement, together

READERS = ["halo_readonly", "halo_dba"]
VERDICTS = "SELECT verdict || ': ' || reason FROM ops.explain_pairing(%s) WHERE mitra_id = %s AND wave = 1 AND at < %s"


def test_whom_a_listener_named_and_who_left_meanwhile_is_told_as_blast_found_it(
    people: People, role_url: Callable[[str], str]
) -> None:
    mitra, session = people.mitra(), people.search()
    blast: LiteralString = "SELECT count(*) FROM api.blast(%s, %s)"
    with (
        psycopg.connect(people.url) as leaving,
        psycopg.connect(role_url("halo_listener"), autocommit=True) as listener,
    ):
        leaving.execute("SELECT api.go_offline(%s)", [mitra])
        assert listener.execute(blast, [session, [mitra]]).fetchone() == (0,)
        now = people.value("SELECT clock_timestamp()")
        busy = ["out: busy row: another transaction held the mitra or its stream"]
        assert people.column(VERDICTS, session, mitra, now) == busy
        leaving.commit()
        assert listener.execute(blast, [session, [mitra]]).fetchone() == (0,)

    people.value("SELECT api.go_online(%s)", mitra)
    now = people.value("SELECT clock_timestamp()")
    assert people.column(VERDICTS, session, mitra, now) == ["out: offline"]


def test_of_two_listeners_at_once_one_makes_the_wave_and_its_verdicts_stay(
    people: People, role_url: Callable[[str], str]
) -> None:
    people.set("blast_size", 1)
    for _ in range(5):
        session, chosen, other = people.search(), people.mitra(), people.mitra()
        named = [[chosen, other], [other, chosen]]
        blast = "SELECT count(*) FROM api.blast(%s, %s)"
        made = together(role_url("halo_listener"), [statement(blast, session, mitras) for mitras in named])
        assert sorted(map(int, made)) == [0, 1]

        offered: UUID = people.value("SELECT mitra_id FROM core.pairing_offers WHERE session_id = %s", session)
        left_out = people.value("SELECT left_out FROM core.pairing_waves WHERE session_id = %s", session)
        assert left_out == [({chosen, other} - {offered}).pop()]
    people.assert_all_is_well()


@pytest.mark.parametrize("role", READERS)
def test_a_reader_sees_everything_of_ops_and_nobodys_phone(
    role: str, people: People, role_url: Callable[[str], str], conn: psycopg.Connection
) -> None:
    mitra, customer = people.mitra(), people.customer()
    conn.execute("UPDATE core.customers SET phone = '+6281234567890' WHERE id = %s", [customer])
    conn.execute("UPDATE core.mitras SET phone = '+6281234567891' WHERE id = %s", [mitra])
    session = people.session(mitra, customer)
    people.value("SELECT api.reroute_session(%s)", session)
    people.value("SELECT api.request_refund(id) FROM core.payment_requests WHERE session_id = %s", session)
    people.wave(people.search(), [people.mitra(), people.mitra(online=False)])

    functions = conn.execute(
        "SELECT proname, proargnames[1:pronargs] FROM pg_proc WHERE pronamespace = 'ops'::regnamespace"
    ).fetchall()
    views = people.column("SELECT relname FROM pg_class WHERE relnamespace = 'ops'::regnamespace AND relkind = 'v'")
    if role != "halo_dba":
        # what operators and customers did: for DBAs alone
        views.remove("audit_log")
        functions = [function for function in functions if function[0] != "whose_data_was_read"]
    begin, end = people.value("SELECT ARRAY[now() - interval '1 hour', now()]")
    ids = {
        "p_session_id": session,
        "p_mitra_id": mitra,
        "p_user_id": customer,
        "p_actor": "cc:nobody",
        "p_from": begin,
        "p_from_at": begin,
        "p_to": end,
        "p_to_at": end,
        "p_settings": "{}",
        "p_seed": 1,
    }
    assert (len(functions) > 5, len(views) > 8) == (True, True)
    with psycopg.connect(role_url(role), autocommit=True) as reader:
        for name, arguments in functions:
            given = [ids[argument] for argument in arguments or []]
            call = sql.SQL("SELECT * FROM ops.{}({})").format(
                sql.Identifier(name), sql.SQL(", ").join([sql.Placeholder()] * len(given))
            )
            assert "8123456789" not in str(reader.execute(call, given).fetchall()), name
        for name in views:
            rows = reader.execute(sql.SQL("SELECT * FROM ops.{}").format(sql.Identifier(name))).fetchall()
            assert "8123456789" not in str(rows), name


def test_whoever_listens_is_seen_by_its_name_and_the_oldest_transaction_by_whoever_may_see_it(
    role_url: Callable[[str], str], conn: psycopg.Connection
) -> None:
    seen = "SELECT what, in_transaction_for IS NOT NULL FROM ops.notify_queue WHERE pid = %s"
    with (
        psycopg.connect(role_url("halo_listener"), application_name="halobestie-listen", autocommit=True) as listening,
        psycopg.connect(role_url("halo_app")) as lingering,
        psycopg.connect(role_url("halo_readonly"), autocommit=True) as reader,
    ):
        listening.execute("LISTEN events")
        lingering.execute("SELECT 1")
        pids = listening.info.backend_pid, lingering.info.backend_pid
        assert [reader.execute(seen, [pid]).fetchall() for pid in pids] == [[("listens", False)], []]
        assert conn.execute(seen, [pids[0]]).fetchall() == [("listens", False)]
        since = conn.execute("SELECT now() - xact_start FROM pg_stat_activity WHERE pid = %s", [pids[1]]).fetchone()
        assert since is not None
        oldest = conn.execute("SELECT in_transaction_for FROM ops.notify_queue WHERE what = 'oldest transaction'")
        assert max(age for (age,) in oldest) >= since[0]
