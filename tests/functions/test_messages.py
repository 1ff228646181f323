"""Messages that are sent at the same moment: numbered without gaps, one for each id."""

from collections import Counter
from collections.abc import Sequence
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import blocked, statement, together

SEND = "SELECT message ->> 'seq' FROM api.send_message(%s, %s, %s, %s, %s)"
SEND_TOGETHER = """
SELECT string_agg((message ->> 'seq') || ' ' || (message ->> 'body'), ', ' ORDER BY message ->> 'body')
FROM api.send_messages(%s, %s, %s, %s, %s)
"""
Said = tuple[UUID | None, str | None, UUID | None, str | None, str | None]


def send_together(people: People, said: Sequence[Said]) -> str | None:
    """Send them in one call: numbers and bodies of those that were sent."""
    answer: str | None = people.value(SEND_TOGETHER, *map(list, zip(*said, strict=True)))
    return answer


def test_both_parties_writing_at_once_leave_no_gap_and_no_number_twice(people: People, database_url: str) -> None:
    mitra, customer = people.mitra(), people.customer()
    session = people.session(mitra, customer)
    calls = [
        statement(SEND, session, party, sender, f"{n}", f"line {n}")
        for n in range(12)
        for party, sender in (("customer", customer), ("mitra", mitra))
    ]
    assert sorted(int(seq) for seq in together(database_url, calls)) == list(range(1, 25))
    assert people.column("SELECT seq FROM core.chat_messages WHERE session_id = %s ORDER BY seq", session) == list(
        range(1, 25)
    )


def test_twins_of_one_message_are_one_message_and_take_one_number(people: People, database_url: str) -> None:
    mitra, customer = people.mitra(), people.customer()
    session = people.session(mitra, customer)
    twins = [statement(SEND, session, "customer", customer, "same", "hello") for _ in range(12)]
    others = [statement(SEND, session, "mitra", mitra, f"{n}", "hello") for n in range(4)]
    answers = together(database_url, twins + others)
    assert len(set(answers[:12])) == 1
    assert sorted({*answers}, key=int) == ["1", "2", "3", "4", "5"]
    assert people.value("SELECT last_seq FROM core.message_counters WHERE session_id = %s", session) == 5


def test_ending_a_session_while_both_write_loses_no_acknowledged_message(people: People, database_url: str) -> None:
    mitra, customer = people.mitra(), people.customer()
    session = people.session(mitra, customer)
    calls = [statement(SEND, session, "customer", customer, f"{n}", "hello") for n in range(12)]
    calls.append(statement("SELECT api.end_session(%s, 'mitra', %s) ->> 'status'", session, mitra))
    answers = Counter(together(database_url, calls))
    refused = answers.pop("SESSION_NOT_ACTIVE", 0)
    assert answers.pop("completed") == 1
    assert sorted(map(int, answers)) == list(range(1, 13 - refused))
    kept = people.column("SELECT seq FROM core.chat_messages WHERE session_id = %s ORDER BY seq", session)
    assert kept == list(range(1, 13 - refused))


def test_conversations_are_dropped_by_the_day_when_their_time_is_over(people: People, conn: psycopg.Connection) -> None:
    conn.execute(
        "CREATE TABLE core.chat_messages_20200101 (LIKE core.chat_messages INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"
    )
    conn.execute(
        "ALTER TABLE core.chat_messages ATTACH PARTITION core.chat_messages_20200101"
        " FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')"
    )
    assert people.column("SELECT api.drop_partition(name) FROM api.old_partitions() AS name") == [
        "dropped chat_messages_20200101"
    ]
    assert people.value("SELECT to_regclass('core.chat_messages_20200101')") is None


def test_of_many_messages_those_that_nothing_stands_against_are_sent_together(people: People) -> None:
    """What is left out is what send_message refuses, repeats, or waits for; it takes no number."""
    talks = [(people.session(mitra, customer), customer, mitra) for mitra, customer in _couples(people, 9)]
    for session, customer, _ in talks[:-1]:
        people.value(SEND, session, "customer", customer, "first", "hello")
    plain, repeat, reused, stranger, paused, over, deactivated, twice, new = talks
    people.value(
        "UPDATE core.chat_sessions SET status = 'extending', paused_at = now() WHERE id = %s RETURNING 1", paused[0]
    )
    people.value("SELECT api.end_session(%s, 'mitra', %s)", over[0], over[2])
    people.value("SELECT api.deactivate_mitra(%s)", deactivated[2])
    said: list[Said] = [
        (plain[0], "mitra", plain[2], "first", "plain"),
        (repeat[0], "customer", repeat[1], "first", "hello"),
        (reused[0], "customer", reused[1], "first", "something else"),
        (stranger[0], "customer", plain[1], "x", "stranger"),
        (stranger[0], "cc", stranger[1], "x", "wrong role"),
        (paused[0], "customer", paused[1], "x", "paused"),
        (over[0], "customer", over[1], "x", "over"),
        (deactivated[0], "mitra", deactivated[2], "x", "deactivated"),
        (twice[0], "customer", twice[1], "x", " "),
        (twice[0], "customer", twice[1], "", "no id"),
        (twice[0], "customer", twice[1], "x", "y" * 4001),
        (twice[0], "customer", twice[1], "x", None),
        (None, "customer", twice[1], "x", "nowhere"),
        (uuid4(), "customer", twice[1], "x", "somewhere"),
        (twice[0], "customer", twice[1], "x", "the first of two"),
        (twice[0], "mitra", twice[2], "x", "the second"),
        (new[0], "customer", new[1], "x", "its first message"),
    ]
    assert send_together(people, said) == "2 plain, 2 the first of two"
    assert people.column("SELECT last_seq FROM core.message_counters WHERE session_id = %s", repeat[0]) == [1]
    for session, customer, _ in (plain, twice):
        assert people.value(SEND, session, "customer", customer, "last", "bye") == "3"


def test_a_customer_of_a_deactivated_mitra_may_still_speak(people: People) -> None:
    [(mitra, customer)] = _couples(people, 1)
    session = people.session(mitra, customer)
    people.value(SEND, session, "customer", customer, "first", "hello")
    people.value("SELECT api.deactivate_mitra(%s)", mitra)
    assert send_together(people, [(session, "customer", customer, "x", "still there?")]) == "2 still there?"


def test_messages_sent_together_and_one_by_one_leave_no_gap_and_no_number_twice(
    people: People, database_url: str
) -> None:
    """Calls that meet: who is in the way of a call is left out, and is no error."""
    talks = [(people.session(mitra, customer), customer, mitra) for mitra, customer in _couples(people, 4)]
    for session, customer, _ in talks:
        people.value(SEND, session, "customer", customer, "first", "hello")
    calls = []
    for number in range(8):
        said = [(session, "mitra", mitra, f"together {number}", "hello") for session, _, mitra in talks]
        calls.append(statement(SEND_TOGETHER, *map(list, zip(*said, strict=True))))
        for session, customer, _ in talks:
            calls.append(statement(SEND, session, "customer", customer, f"{number}", "hello"))
    together(database_url, calls)
    for session, *_ in talks:
        seqs = people.column("SELECT seq FROM core.chat_messages WHERE session_id = %s ORDER BY seq", session)
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) >= 9
        assert people.value("SELECT last_seq FROM core.message_counters WHERE session_id = %s", session) == len(seqs)


def test_nobody_waits_for_a_conversation_that_somebody_else_writes_into(people: People, database_url: str) -> None:
    talks = [(people.session(mitra, customer), customer, mitra) for mitra, customer in _couples(people, 2)]
    for session, customer, _ in talks:
        people.value(SEND, session, "customer", customer, "first", "hello")
    with psycopg.connect(database_url) as other:
        other.execute(SEND, [talks[0][0], "customer", talks[0][1], "under way", "hello"])
        people.value("SELECT set_config('statement_timeout', '5s', false)")
        said = [(session, "mitra", mitra, "x", f"{number}") for number, (session, _, mitra) in enumerate(talks)]
        assert send_together(people, said) == "2 1"


def _couples(people: People, count: int) -> list[tuple[UUID, UUID]]:
    return [(people.mitra(), people.customer()) for _ in range(count)]


@pytest.mark.parametrize(
    "late",
    [
        "SELECT read_seq FROM api.read_messages(%s, 'mitra', %s, 2)",
        "SELECT delivered_seq FROM api.deliver_messages(ARRAY[%s::uuid], '{mitra}', ARRAY[%s::uuid], '{0}', '{2}')",
    ],
)
def test_what_a_former_mitra_read_or_received_late_leaves_the_next_ones_mark_alone(
    people: People, database_url: str, late: LiteralString
) -> None:
    former, customer = people.mitra(), people.customer()
    session = people.session(former, customer)
    for n in range(2):
        people.value(SEND, session, "customer", customer, f"{n}", "hello")
    people.value("SELECT read_seq FROM api.read_messages(%s, 'mitra', %s, 1)", session, former)
    next_one = people.mitra()
    with psycopg.connect(database_url) as conn:
        conn.execute("UPDATE core.chat_sessions SET mitra_id = %s WHERE id = %s", [next_one, session])
        conn.execute("SELECT api.read_messages(%s, 'mitra', %s, 1)", [session, next_one])
        with blocked(database_url, statement(late, session, former)) as call:
            conn.commit()
            call.outcome()
    marks = "SELECT user_id || ' ' || read_seq FROM core.message_watermarks WHERE session_id = %s AND party = 'mitra'"
    assert people.column(marks, session) == [f"{next_one} 1"]
