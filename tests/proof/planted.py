"""The bugs are planted into the functions of a database, each in turn, and must be caught.

`python -m tests.proof.planted` plants them all, in databases of its own, and prints what caught each.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family
from tests.proof import instrument
from tests.proof.bugs import BUGS, FUNCTIONS, Bug
from tests.proof.earning_bugs import EARNING_BUGS
from tests.proof.interleavings import BrokenError, Explorer
from tests.proof.party_bugs import PARTY_BUGS
from tests.proof.playing import play
from tests.proof.situations import SITUATIONS
from tests.proof.stage import Stage, pairs
from tests.support.servers import fill_template

ALL_BUGS = (*BUGS, *PARTY_BUGS, *EARNING_BUGS)
EXAMPLES = 200
STEPS = 50
MOST_PLAYS = 3
SWITCHES = 2
"""How often an order must leave a call that can go on, for every bug to be caught."""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True)
class Catch:
    """What caught a bug, after how much, and what it said."""

    by: str
    after: str
    words: str


def catch(bug: Bug, explorer: Explorer, played_url: str) -> Catch | None:
    """Plant a bug where it should show; what caught it, or None."""
    return meet(bug, explorer) if bug.situations else play_on(bug, played_url)


def meet(bug: Bug, explorer: Explorer) -> Catch | None:
    """Let calls meet in the situations of a bug."""
    runs = explorer.count.runs
    with _planted(bug, explorer.control, is_stepped=True):
        for name in bug.situations:
            explorer.clear()
            stage = Stage(explorer.control)
            commands = SITUATIONS[name](stage)
            explorer.start_from_here(stage.names)
            for first, second in pairs(commands):
                try:
                    explorer.check(first, second)
                except BrokenError as broken:
                    return Catch("interleavings", f"{explorer.count.runs - runs} runs", str(broken))
    return None


def play_on(bug: Bug, url: str) -> Catch | None:
    """Let the state machine play on a database with a bug, and play something else when it has not met the bug.

    What it plays hangs on answers, and those on how fast the machine is: rarely a whole play passes a bug by.
    """
    seen: Counter[str] = Counter()
    with psycopg.connect(url, autocommit=True) as conn, _planted(bug, conn, is_stepped=False):
        for attempt in range(MOST_PLAYS):
            words = play(url, examples=EXAMPLES, steps=STEPS, seed=bug.seed + attempt * EXAMPLES, seen=seen)
            if words is not None:
                return Catch("state machine", f"{seen.total()} commands", words)
    return None


@contextmanager
def _planted(bug: Bug, conn: Connection, *, is_stepped: bool) -> Iterator[None]:
    text = bug.text
    try:
        _apply(bug, text, conn, is_stepped=is_stepped)
        yield
    finally:
        _apply(bug, (FUNCTIONS / bug.file).read_text(), conn, is_stepped=is_stepped)


def _apply(bug: Bug, text: str, conn: Connection, *, is_stepped: bool) -> None:
    with conn.transaction():
        conn.execute("SET LOCAL ROLE halo_owner")
        conn.execute(text.encode())
    if is_stepped:
        instrument.instrument(conn, Path(bug.file).stem)


def as_row(bug: Bug, catch: Catch) -> str:
    """A row of the table of planted bugs, in Markdown."""
    return f"| {bug.name} | `{bug.file.removesuffix('.sql')}` | {catch.by} | {catch.after} |"


def main() -> None:
    """Plant all bugs and print the table."""
    with TemporaryDirectory(prefix="halobestie-test-") as directory, Family() as family:
        path = Path(directory)
        server = EmbeddedPostgres(path / "data", family=family, log=path / "postgres.log", durable=False)
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as admin:
            for name in ("stepped", "played"):
                admin.execute(f"CREATE DATABASE {name}".encode())
                fill_template(host=server.host, port=server.port, user="postgres", password=None, dbname=name)
        with psycopg.connect(server.url("stepped"), autocommit=True) as conn:
            instrument.set_up(conn)
        print("| planted bug | in | caught by | after |\n|---|---|---|---|")  # noqa: T201
        with Explorer(server.url("stepped"), switches=SWITCHES) as explorer:
            for bug in ALL_BUGS:
                caught = catch(bug, explorer, server.url("played"))
                print(as_row(bug, caught or Catch("**nothing**", "all", "")), flush=True)  # noqa: T201
        server.stop()


if __name__ == "__main__":
    main()
