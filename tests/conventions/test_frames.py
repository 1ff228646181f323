"""The stored events that functions of the database write, held against the document of the socket."""

import random
import re
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from tests.conventions.stored_frames import StoredFrame, assert_as_documented
from tests.support.frames import example, faults_of, types
from tests.support.moves import MOVES, WHOM
from tests.support.people import People
from tests.support.sources import FUNCTIONS, Function
from tests.support.together import outcome_of, statement

MOVES_PLAYED = 2_500

_MAKES_EVENT = re.compile(r"core\.to_(?:customer|mitra|both)\(|\bROW\(")
_TOKEN = re.compile(r"'(?:[^']|'')*'|.", re.DOTALL)
_CONDITION = re.compile(r"WHEN\s+'\w+'")


def arguments(code: str) -> list[str]:
    """The arguments of a call, of whose code everything after the opening parenthesis is given."""
    depth, parts = 0, [""]
    for token in _TOKEN.findall(code):
        if depth == 0 and token in ",)":
            if token == ")":
                break
            parts.append("")
            continue
        depth += (token in "([") - (token in ")]")
        parts[-1] += token
    return parts


def types_made(function: Function) -> Iterator[str]:
    """The types of the events that a function makes; one that ends with `_` is the beginning of several."""
    for call in _MAKES_EVENT.finditer(function.body):
        _, *others = arguments(function.body[call.end() :])
        if others and (not call[0].startswith("ROW") or "::core.event" in function.body[call.end() :]):
            yield from re.findall(r"'(\w+)'", _CONDITION.sub("", others[0]))


def is_named(type_: str, one: str) -> bool:
    """Whether this is how a function names a type."""
    return type_.startswith(one) if one.endswith("_") else type_ == one


def test_every_type_that_a_function_makes_is_documented_and_every_documented_one_is_made() -> None:
    stored = types("stored")
    made = {name: {*types_made(function)} for name, function in FUNCTIONS.items()}
    known = {one: {type_ for type_ in stored if is_named(type_, one)} for ones in made.values() for one in ones}

    assert {one: [name for name in made if one in made[name]] for one in known if not known[one]} == {}
    assert stored - {type_ for named in known.values() for type_ in named} == set()


def test_every_frame_of_a_wild_day_is_as_documented(people: People, conn: psycopg.Connection) -> None:
    for _ in range(4):
        people.mitra()
    for _ in range(10):
        people.customer()
    people.package(price=10000, first_session_price=4000)
    people.package(price=5000, minutes=10, is_extension=True)
    conn.execute(WHOM.encode())
    for name in random.Random(7).choices([*MOVES], [move.weight for move in MOVES.values()], k=MOVES_PLAYED):
        outcome_of(statement(MOVES[name].query), conn)
    stored = conn.execute("SELECT recipient, core.event_frame(event) FROM core.events AS event").fetchall()

    assert len(assert_as_documented(StoredFrame(*one) for one in stored)) > 12
    assert len(stored) > 250


@pytest.mark.parametrize(
    ("frame", "fault"),
    [
        (example("session_warning", mood="good"), "Additional properties are not allowed"),
        (example("session_started", mitra={"id": str(UUID(int=1)), "display_name": None, "age": 30}), "anyOf"),
        (example("session_warning", seconds_left="180"), "not of type"),
        (example("session_warning", ts="2026-11-29T05:26:19Z"), "does not match"),
        ({"type": "session_begun"}, "no documented frame"),
        ({"type": "session_timer"}, "required"),
        (["session_timer"], "no documented frame"),
    ],
)
def test_what_is_not_documented_is_found(frame: object, fault: str) -> None:
    assert fault in faults_of(frame)[0]
