"""`requirement/state-machines.md` against reality: every arrow is walked, and every step that is taken is an arrow."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from tests.conventions.scenarios import SCENARIOS
from tests.support.psql import ROOT, run
from tests.support.sources import DB

HERE = Path(__file__).parent
DOCUMENT = (ROOT / "requirement" / "state-machines.md").read_text()
STATES = {"mitra": {"deactivated", "online", "offline"}}

_MACHINE = re.compile(
    r"^`(?:core\.)?([\w.]+)`[^\n]*\n\n```mermaid\nstateDiagram-v2\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_ARROW = re.compile(r"^ +(\S+) --> (\S+)(?: : (.+))?$", re.MULTILINE)
_TURN = re.compile(r"turn: (\[.*\])")


class Turn(NamedTuple):
    """A change of state, and the function that makes it."""

    machine: str
    before: str
    after: str
    mover: str


MACHINES: dict[str, list[tuple[str, str, str]]] = {
    machine: _ARROW.findall(diagram) for machine, diagram in _MACHINE.findall(DOCUMENT)
}
DOCUMENTED = {
    Turn(machine, before, after, mover)
    for machine, arrows in MACHINES.items()
    for before, after, movers in arrows
    if after != "[*]"
    for mover in movers.split(", ")
}

MAKES_UP = "seed_demo_history"
"""It inserts rows as they ended: nothing of what they tell has happened."""


@pytest.fixture
def recorded(conn: psycopg.Connection, database_url: str) -> str:
    """The address of this test's database, which tells every turn."""
    conn.execute((HERE / "state_recorder.sql").read_bytes())
    return database_url


def turns(url: str, script: Path, variables: Mapping[str, str] | None = None) -> set[Turn]:
    """The turns that a script takes."""
    done = run(url, "-f", str(script), variables=variables, seconds=100)
    assert done.returncode == 0, f"{script.name}: {done.stdout}\n{done.stderr}"
    taken = {Turn(*json.loads(told)) for told in _TURN.findall(done.stderr)}
    return {turn for turn in taken if turn.mover != MAKES_UP}


def test_there_are_diagrams() -> None:
    assert len(MACHINES) == 9
    assert len(DOCUMENTED) > 100


def test_every_arrow_is_walked_and_every_step_of_the_sql_tests_is_an_arrow(recorded: str) -> None:
    walked = {turn: script.name for script in SCENARIOS for turn in turns(recorded, script)}

    assert {turn: script for turn, script in walked.items() if turn not in DOCUMENTED} == {}
    assert DOCUMENTED - walked.keys() == set()


def test_every_step_of_a_simulated_day_is_an_arrow(recorded: str) -> None:
    taken = turns(recorded, DB / "psql" / "simulate_a_day.sql", {"customers": "60", "mitras": "6"})

    assert len(taken) > 30
    assert taken - DOCUMENTED == set()


def test_every_state_there_is_is_in_its_diagram(conn: psycopg.Connection) -> None:
    for machine, arrows in MACHINES.items():
        table, _, column = machine.partition(".")
        allowed = conn.execute(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass('core.' || %s)"
            " AND conname = %s || '_' || %s || '_check'",
            [table, table, column],
        ).fetchone()
        states = STATES.get(machine) or set(re.findall(r"'(\w+)'", allowed[0] if allowed else ""))

        assert {state for before, after, _ in arrows for state in (before, after)} - {"[*]"} == states, machine


def test_an_end_is_what_nothing_leaves() -> None:
    for machine, arrows in MACHINES.items():
        ends = {before for before, after, _ in arrows if after == "[*]"}
        left = {before for before, after, _ in arrows if after != "[*]"}
        reached = {after for _, after, _ in arrows if after != "[*]"}

        assert ends == reached - left, machine


def test_who_calls_each_function_is_said() -> None:
    table, _, _ = DOCUMENT.partition("## Chat session")

    assert set(re.findall(r"`(\w+)`(?=[^|\n]*\|[^|\n]*\|$)", table, re.MULTILINE)) == {
        turn.mover for turn in DOCUMENTED
    }
