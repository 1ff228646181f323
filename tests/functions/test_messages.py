"""Messages that are sent at the same moment: numbered without gaps, one for each id."""

from collections import Counter

import psycopg

from tests.functions.people import People
from tests.functions.together import statement, together

SEND = "SELECT message ->> 'seq' FROM api.send_message(%s, %s, %s, %s, %s)"


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
    assert people.value("SELECT api.maintain_partitions()") == ["dropped chat_messages_20200101"]
    assert people.value("SELECT to_regclass('core.chat_messages_20200101')") is None
