"""Somebody who looks at the mirror all the time, as a reader does, and changes a mitra now and then to see how soon."""

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, NamedTuple

import psycopg
import valkey
from valkey.exceptions import ResponseError, ValkeyError

from app.mirror.keys import Keys

DEACTIVATED = 3
"""So many mitras of the crowd are deactivated."""

LOOK_SECONDS = 0.02
TOUCH_SECONDS = 0.2
DEADLINES_SECONDS = 0.25
RETRY_SECONDS = 0.1

_LOOK = """
if not is_whole() then
    return not_whole()
end
return {call('HLEN', MITRAS), call('SCARD', DEACTIVATED), call('GET', LEADER),
    call('HGET', MITRAS, ARGV[2]), call('HGET', MITRAS, ARGV[3])}
"""


@dataclass
class Span:
    """From when until when something did not hold; its end is infinite while it lasts."""

    began: float
    ended: float = float("inf")
    was_away: bool = False
    """Whether at a moment of it there was nothing that could be believed, and not only something late."""

    def within(self, began: float, ended: float) -> float:
        """How long it lasted, of this time; all of it when it went on after that."""
        return 0.0 if self.began > ended or self.ended < began else self.ended - max(self.began, began)


class Touch(NamedTuple):
    """A mitra that was changed, to which version, and when that was committed."""

    mitra: str
    version: int
    at: float


class Onlooker:
    """Looks at the mirror fifty times a second, and touches a mitra of the crowd five times a second.

    A mirror that says that it is whole must hold every mitra, the versions that it held before, and no earlier leader.
    """

    def __init__(self, postgres: str, valkey_url: str, crowd: Sequence[str]) -> None:
        """`postgres` is the address of the database for its owner; `crowd` has ids of mitras."""
        self.behind: list[Span] = []
        """When readers could not learn from the mirror what was committed: it was away, not whole, or late."""
        self.late: list[Span] = []
        """When a deadline was more than 1.5 seconds overdue."""
        self.lags: list[tuple[float, float]] = []
        """Of each touch: when it was committed, and after how many seconds the mirror had it."""
        self.overdue: list[tuple[float, float]] = []
        """At which moment the most overdue deadline was overdue by how many seconds."""
        self.complaints: list[str] = []
        self._postgres = postgres
        self._valkey = valkey_url
        self.crowd = [*crowd]
        """Mitras that nobody uses."""
        self._next = 0
        self.touched = self.before = Touch("", 0, 0.0)
        """What was touched last, and what was touched last of all that the mirror had already."""
        self.is_awaited = False
        """Whether the mirror has not yet what was touched last."""
        self._leader = 0
        self._run_id = ""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="onlooker", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()
        self._thread.join(10)

    def _run(self) -> None:
        looking = threading.Thread(target=self._watch_deadlines, name="deadlines", daemon=True)
        looking.start()
        keys = Keys()
        script = keys.in_lua() + files("app.mirror").joinpath("lua", "prelude.lua").read_text() + _LOOK
        touched_at = 0.0
        conn: psycopg.Connection | None = None
        with valkey.Valkey.from_url(self._valkey, socket_timeout=1, socket_connect_timeout=1) as mirror:
            while not self._stopped.wait(LOOK_SECONDS):
                if not self.is_awaited and time.monotonic() - touched_at > TOUCH_SECONDS:
                    touched_at = time.monotonic()
                    conn = self._touch(conn)
                self._look(mirror, script, keys.epoch)
        if conn is not None:
            conn.close()
        looking.join(10)

    # -- the mirror ----------------------------------------------------------------------------------------------------

    def _touch(self, conn: psycopg.Connection | None) -> psycopg.Connection | None:
        """Change another mitra; what PostgreSQL does not take now is tried at another time."""
        mitra = self.crowd[self._next % len(self.crowd)]
        try:
            conn = conn or self._connect()
            conn.execute(
                "UPDATE core.mitras SET max_sessions = coalesce(max_sessions, 0) %% 9 + 1 WHERE id = %s", [mitra]
            )
            committed_at = time.monotonic()
            row = conn.execute("SELECT version FROM core.mitra_loads WHERE mitra_id = %s", [mitra]).fetchone()
        except psycopg.Error:
            if conn is not None:
                conn.close()
            return None
        assert row is not None
        self._next += 1
        self.touched = Touch(mitra, row[0], committed_at)
        self.is_awaited = True
        return conn

    def _look(self, mirror: valkey.Valkey, script: str, key: str) -> None:
        asked_at = time.monotonic()
        try:
            self._run_id = self._run_id or _run_id(mirror)
            answer: Any = mirror.eval(script, 1, key, self._run_id, self.touched.mitra, self.before.mitra)
        except ResponseError:  # the mirror says that it is not whole
            self._see(asked_at, is_true=False, is_away=True)
        except ValkeyError:
            self._run_id, self._leader = "", 0  # perhaps another server comes, which knows nothing
            self._see(asked_at, is_true=False, is_away=True)
        else:
            self.judge(answer, asked_at)

    def judge(self, answer: Sequence[Any], asked_at: float) -> None:
        """Judge what a whole mirror holds: how many mitras, how many deactivated, the leader, and two mitras."""
        members, deactivated, leader, entry, entry_before = answer
        touched, before = self.touched, self.before
        if self.is_awaited and _version(entry) >= touched.version:
            self.is_awaited = False
            self.before = touched
            self.lags.append((touched.at, time.monotonic() - touched.at))
        self._see(touched.at if self.is_awaited else asked_at, is_true=not self.is_awaited)
        if members < len(self.crowd):
            self._complain(f"a whole mirror of {members} mitras, and there are {len(self.crowd)} or more")
        if deactivated < DEACTIVATED:
            self._complain(f"a whole mirror with {deactivated} mitras deactivated instead of {DEACTIVATED}")
        if before.mitra and _version(entry_before) < before.version:
            self._complain(f"the mirror went back from version {before.version} of a mitra to {entry_before}")
        if leader is not None:  # when it was evicted, the next write brings it back
            if int(leader) < self._leader:
                self._complain(f"leader {int(leader)} wrote after leader {self._leader}")
            self._leader = int(leader)

    def _see(self, at: float, *, is_true: bool, is_away: bool = False) -> None:
        is_open = bool(self.behind) and self.behind[-1].ended == float("inf")
        if is_true and is_open:
            self.behind[-1].ended = time.monotonic()
        elif not is_true and not is_open:
            self.behind.append(Span(at))
        if is_away:
            self.behind[-1].was_away = True

    def _complain(self, complaint: str) -> None:
        if len(self.complaints) < 5:
            self.complaints.append(complaint)

    # -- deadlines -----------------------------------------------------------------------------------------------------

    def _watch_deadlines(self) -> None:
        while not self._stopped.is_set():
            try:
                with closing(self._connect()) as conn:
                    while not self._stopped.wait(DEADLINES_SECONDS):
                        row = conn.execute("SELECT deadline_seconds FROM api.condition()").fetchone()
                        assert row is not None
                        self._note_deadline(row[0])
            except psycopg.Error:
                self._stopped.wait(RETRY_SECONDS)

    def _note_deadline(self, seconds: float) -> None:
        now = time.monotonic()
        self.overdue.append((now, seconds))
        is_open = bool(self.late) and self.late[-1].ended == float("inf")
        if seconds > 1.5 and not is_open:
            self.late.append(Span(now))
        elif seconds <= 1.5 and is_open:
            self.late[-1].ended = now

    def _connect(self) -> psycopg.Connection:
        conn = psycopg.connect(self._postgres, autocommit=True, connect_timeout=2)
        conn.execute("SET statement_timeout = '2s'")
        conn.execute("SET lock_timeout = '1s'")
        return conn


def _run_id(mirror: valkey.Valkey) -> str:
    facts: Any = mirror.info("server")
    return str(facts["run_id"])


def _version(entry: bytes | None) -> int:
    return 0 if entry is None else int(entry.split()[0])
