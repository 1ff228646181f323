"""One list of codes: the refusals of the database, the app's table, `db/ERRORS.md` and the functions agree."""

import re
from collections.abc import Iterator

import psycopg
import pytest

from app.problems import CODES
from tests.conventions.error_list import FILE, written
from tests.support.sources import ALL_FUNCTIONS, Function

_REFUSAL = re.compile(r"\bcore\.refuse\(")


def arguments_of_refusals(function: Function) -> Iterator[list[str]]:
    """The arguments of each call of core.refuse in a function, as text."""
    for match in _REFUSAL.finditer(function.body):
        arguments, depth, in_string = [""], 0, False
        for character in function.body[match.end() :]:
            if character == "'":
                in_string = not in_string
            elif not in_string:
                depth += (character in "([") - (character in ")]")
                if depth < 0:
                    break
                if character == "," and depth == 0:
                    arguments.append("")
                    continue
            arguments[-1] += character
        yield [argument.strip() for argument in arguments]


@pytest.fixture
def refusals(conn: psycopg.Connection) -> dict[str, int]:
    return dict(conn.execute("SELECT code, status FROM core.refusals()").fetchall())


def test_every_refusal_has_a_known_code_a_sentence_and_a_hint(refusals: dict[str, int]) -> None:
    calls = [(name, call) for name, function in ALL_FUNCTIONS.items() for call in arguments_of_refusals(function)]

    assert len(calls) > 30
    for name, call in calls:
        code, *said = call
        assert code.strip("'") in refusals, f"{name} refuses with {code}"
        assert len(said) >= 2, f"{name} refuses with {code} without saying what to do"
        assert "''" not in said[:2]


def test_every_code_of_the_list_is_used(refusals: dict[str, int]) -> None:
    used = {text for name, function in ALL_FUNCTIONS.items() if name != "core.refusals" for text in function.strings}

    assert set(refusals) - used == set()


def test_the_status_of_a_code_is_an_http_status_that_refuses(refusals: dict[str, int]) -> None:
    assert {status for status in refusals.values() if not 400 <= status < 500} == set()


def test_the_app_knows_every_code_with_the_same_status(refusals: dict[str, int]) -> None:
    assert {code: CODES[code].status for code in refusals if code in CODES} == refusals


def test_the_document_lists_every_code_its_status_and_who_raises_it(conn: psycopg.Connection) -> None:
    assert FILE.read_text() == written(conn), (
        'db/ERRORS.md is behind: python -m tests.conventions.error_list "$DATABASE_URL"'
    )


@pytest.mark.parametrize(
    ("body", "calls"),
    [
        ("PERFORM core.refuse('A', 'b, c', 'd', 'e');", [["'A'", "'b, c'", "'d'", "'e'"]]),
        ("PERFORM core.refuse('A', format('%s (x)', f(1, 2)), 'd');", [["'A'", "format('%s (x)', f(1, 2))", "'d'"]]),
        ("PERFORM core.refuse('A', 'it''s, b');", [["'A'", "'it''s, b'"]]),
        ("PERFORM 1;", []),
    ],
)
def test_the_arguments_of_a_refusal_are_read_as_they_are(body: str, calls: list[list[str]]) -> None:
    function = Function("core.x", FILE, f"CREATE OR REPLACE FUNCTION core.x() AS $${body}$$;")

    assert list(arguments_of_refusals(function)) == calls
