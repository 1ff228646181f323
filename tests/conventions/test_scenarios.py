"""What happens in SQL alone, held against the documents of states and of frames: nothing else, and nothing less."""

from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.conventions import stored_frames, turns
from tests.conventions.stored_frames import assert_as_documented, frames_told, recipients
from tests.conventions.turns import DOCUMENTED, turns_told
from tests.support.frames import types
from tests.support.psql import run
from tests.support.sizes import in_proof_alone

HERE = Path(__file__).parent
SCENARIOS = [*sorted((HERE.parent / "sql").glob("*.sql")), HERE / "state_machines.sql"]
"""The scripts of `tests/sql`, and one for the turns that none of them makes."""


def played(url: str) -> Iterator[tuple[str, str]]:
    """Run each script; its name, and what the recorders told."""
    for script in SCENARIOS:
        done = run(url, "-f", str(script))
        assert done.returncode == 0, f"{script.name}: {done.stdout}\n{done.stderr}"
        yield script.name, done.stderr


@in_proof_alone("plays all scripts of SQL once more")
def test_every_turn_is_an_arrow_every_event_a_documented_frame_and_nothing_documented_is_left_out(
    conn: psycopg.Connection, database_url: str
) -> None:
    conn.execute(turns.RECORDER.read_bytes())
    conn.execute(stored_frames.RECORDER.read_bytes())
    told = dict(played(database_url))

    walked = {turn: name for name, text in told.items() for turn in turns_told(text)}
    assert {turn: name for turn, name in walked.items() if turn not in DOCUMENTED} == {}
    assert DOCUMENTED - walked.keys() == set()

    readers = assert_as_documented(frame for text in told.values() for frame in frames_told(text))
    assert {type_: readers.get(type_) for type_ in types("stored")} == {
        type_: recipients(type_) for type_ in types("stored")
    }
