"""Every time in a document or a sentence of the database has one spelling, whatever zone and style its session has."""

import random
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from app.runtime.instant import PATTERN
from tests.support.moves import MOVES, WHOM
from tests.support.people import People
from tests.support.sources import ALL_FUNCTIONS, DB
from tests.support.together import outcome_of, statement
from tests.support.waiting import until

MOVES_PLAYED = 900
"""So many at a time, until there is a document of each kind."""

ELSEWHERE = "SET TimeZone = 'Asia/Jakarta'; SET DateStyle = 'German'; SET IntervalStyle = 'sql_standard'"
"""A session whose times look unlike ours: 29.11.2026 12:26:19.98472 WIB."""

_TIME = re.compile(r"(?:\d{4}-\d\d-\d\d|\d\d\.\d\d\.\d{4})[T ]\d\d:\d\d\S*")
_SPELLED = re.compile(PATTERN.removeprefix("^").removesuffix("$") + r"\.?")

_BUILDS = re.compile(r"\b(?:jsonb?_build_(?:object|array)|to_jsonb?|row_to_json|jsonb?_agg|jsonb?_object_agg|format)\(")
_TOKEN = re.compile(r"'(?:[^']|'')*'|[\w.]+|.", re.DOTALL)

ROWS_WITHOUT_TIMES = {"v_before", "v_after", "balance", "explained"}
"""What to_jsonb may be given whole: rows without a time, and `explained`, whose time is written over."""


def timestamps(conn: psycopg.Connection) -> frozenset[str]:
    """The names under which tables and results have times."""
    found = conn.execute(
        "SELECT attname FROM pg_attribute WHERE atttypid = 'timestamptz'::regtype AND attrelid IN"
        " (SELECT oid FROM pg_class WHERE relnamespace IN ('core'::regnamespace, 'ops'::regnamespace)"
        " AND relkind <> 'i')"
    )
    return frozenset(name for (name,) in found) | {"now", "v_now", "p_now", "clock_timestamp"}


def raw_times(code: str, names: frozenset[str]) -> Iterator[str]:
    """The times that code puts into a document as they are, not through core.instant."""
    for call in _BUILDS.finditer(code):
        tokens = [token for token in _TOKEN.findall(code[call.end() :]) if not token.isspace()]
        counts = [True]  # of each open parenthesis, whether a time in it gets into the document
        for before, token, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
            if token == "(":
                counts.append(counts[-1] and not re.fullmatch(r"core\.\w+|extract|round", before))
            elif token == ")":
                counts.pop()
                if not counts:
                    break
            elif token in {"FROM", "WHERE", "ORDER", "WHEN"}:
                counts[-1] = False  # where rows come from, a condition, or an order
            elif token == "THEN":
                counts[-1] = len(counts) < 2 or counts[-2]
            elif (
                counts[-1]
                and token.rpartition(".")[2] in names
                and before != "AS"
                and after not in {"<", ">", "=", "IS"}
            ):
                yield f"{call[0]}… {token}"
            elif call[0].startswith(("to_json", "row_to")) and len(counts) == 1 and token not in ROWS_WITHOUT_TIMES:
                yield f"{call[0]}{token})"


def test_no_function_puts_a_time_into_a_document_but_through_the_one_helper(conn: psycopg.Connection) -> None:
    names = timestamps(conn)
    code = {name: function.body for name, function in ALL_FUNCTIONS.items()}
    code |= {view.name: view.read_text() for view in (DB / "views").glob("*.sql")}
    found = {name: faults for name, body in code.items() if (faults := [*raw_times(body, names)])}

    assert found == {}


@pytest.mark.parametrize(
    ("code", "faults"),
    [
        ("jsonb_build_object('at', v_row.created_at)", ["jsonb_build_object(… v_row.created_at"]),
        ("jsonb_build_object('at', coalesce(v_row.paid_at, v_now))", ["jsonb_build_object(… v_row.paid_at"]),
        ("to_jsonb(v_row)", ["to_jsonb(v_row)"]),
        ("jsonb_build_object('at', core.instant(v_row.created_at), 'left', core.seconds_left(v_row, v_now))", []),
    ],
)
def test_a_raw_time_is_seen(conn: psycopg.Connection, code: str, faults: list[str]) -> None:
    assert [*raw_times(code, timestamps(conn))][:1] == faults


def texts(document: object) -> Iterator[str]:
    """Every text in a document."""
    match document:
        case str():
            yield document
        case list():
            for item in document:
                yield from texts(item)
        case dict():
            for item in document.values():
                yield from texts(item)


def misspelled(documents: object) -> list[str]:
    """The times in documents that have another spelling."""
    return [time for text in texts(documents) for time in _TIME.findall(text) if not _SPELLED.fullmatch(time)]


READS = {
    "session": "SELECT core.session_json(session) - 'server_time' - 'seconds_left' FROM core.chat_sessions AS session",
    "timeline": "SELECT api.session_timeline(session.id) FROM core.chat_sessions AS session",
    "payment": "SELECT core.payment_details_json(payment) FROM core.payment_requests AS payment",
    "event": "SELECT core.event_frame(event) FROM core.events AS event",
    "push": "SELECT payload FROM core.pushes",
    "message": "SELECT core.message_json(message) FROM core.chat_messages AS message",
    "extension": "SELECT core.extension_json(extension) FROM core.session_extensions AS extension",
    "failure": "SELECT api.list_failed_pairings(p_limit => 200)",
    "offer": "SELECT api.list_offers(p_limit => 200)",
    "audit": "SELECT jsonb_build_array(before, after) FROM core.audit_log",
}


def test_a_day_played_in_another_zone_and_style_is_written_and_read_in_the_one_spelling(
    people: People, conn: psycopg.Connection, database_url: str
) -> None:
    for _ in range(3):
        people.mitra()
    for _ in range(8):
        people.customer()
    people.package(price=10000)
    people.package(price=5000, minutes=10, is_extension=True)
    people.extension(people.session(people.mitra()))

    def read(reader: psycopg.Connection) -> dict[str, list[Any]]:
        return {
            name: sorted((row[0] for row in reader.execute(query.encode())), key=str) for name, query in READS.items()
        }

    chance = random.Random(11)
    with psycopg.connect(database_url, autocommit=True) as elsewhere:
        elsewhere.execute(ELSEWHERE.encode())
        elsewhere.execute(WHOM.encode())
        played: list[object] = []
        there: dict[str, list[Any]] = {name: [] for name in READS}
        while not all(there.values()):
            assert len(played) < 10 * MOVES_PLAYED, {name: len(documents) for name, documents in there.items()}
            played += [
                outcome_of(statement(MOVES[name].query), elsewhere)
                for name in chance.choices([*MOVES], [move.weight for move in MOVES.values()], k=MOVES_PLAYED)
            ]
            there = read(elsewhere)
        assert misspelled(played) == []
        assert misspelled(there) == []
        # What is due is shown as if it were settled at the moment of the look, so it is settled before both look.
        until(lambda: people.settle() == 0 and read(conn) == read(elsewhere), "both read the same")
    assert len(_TIME.findall(str(there))) > 500
