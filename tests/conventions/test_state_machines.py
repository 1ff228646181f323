"""`requirement/state-machines.md` against the database; `test_scenarios.py` walks every arrow."""

import re

import psycopg

from tests.conventions.turns import DOCUMENT, DOCUMENTED, MACHINES, RECORDER, turns_told
from tests.support.psql import run
from tests.support.sources import DB

STATES = {"mitra": {"deactivated", "online", "offline"}}


def test_there_are_diagrams() -> None:
    assert len(MACHINES) == 9
    assert len(DOCUMENTED) > 100


def test_every_step_of_a_simulated_day_is_an_arrow(conn: psycopg.Connection, database_url: str) -> None:
    conn.execute(RECORDER.read_bytes())
    day = DB / "psql" / "simulate_a_day.sql"
    done = run(database_url, "-f", str(day), variables={"customers": "60", "mitras": "6"})
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    taken = turns_told(done.stderr)

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
