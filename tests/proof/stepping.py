"""Two connections that stop before every lock point of an instrumented database, and go on when told to."""

import enum
import os
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg
from psycopg import pq
from psycopg.types.string import TextLoader

Connection = psycopg.Connection[tuple[Any, ...]]

# How long an actor may say nothing before PostgreSQL is asked whether it waits for the other one.
_SILENCE_SECONDS = 0.0015
_LONGEST_SECONDS = 120.0


class State(enum.Enum):
    """What an actor is doing."""

    READY = "has not begun"
    STOPPED = "stands before a lock or its first write"
    BLOCKED = "waits for a lock that the other one holds"
    DONE = "has its reply and may commit"
    ENDED = "committed, or was refused"


@dataclass(frozen=True)
class Outcome:
    """How a call ended: its reply as PostgreSQL wrote it, or the SQLSTATE and message of an error."""

    reply: str = ""
    sqlstate: str | None = None
    message: str = ""

    @classmethod
    def of(cls, result: pq.abc.PGresult) -> "Outcome":
        """What a result says."""
        if result.status == pq.ExecStatus.FATAL_ERROR:
            state = result.error_field(pq.DiagnosticField.SQLSTATE) or b""
            message = result.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b""
            return cls(sqlstate=state.decode(), message=message.decode())
        rows = (
            " | ".join((result.get_value(row, column) or b"").decode() for column in range(result.nfields))
            for row in range(result.ntuples)
        )
        return cls("\n".join(rows))

    def __str__(self) -> str:
        return self.reply if self.sqlstate is None else f"{self.message} ({self.sqlstate})"


@dataclass
class Actor:
    """A connection that runs one call at a time, step by step."""

    number: int
    conn: Connection
    turn: int
    state: State = State.READY
    at: str = ""
    has_locked: bool = False
    has_written: bool = False
    keys: set[str] = field(default_factory=set)
    outcome: Outcome | None = None
    complaint: str | None = None
    _is_at_lock: bool = False
    _query: bytes = b""
    _latest: Outcome = field(default_factory=Outcome)

    @classmethod
    def connect(cls, url: str, number: int) -> "Actor":
        """The first or the second actor, on a connection of its own."""
        conn: Connection = psycopg.connect(url, autocommit=True)
        for name, value in {
            "TimeZone": "UTC",
            "synchronous_commit": "off",
            "statement_timeout": "60s",
            "deadlock_timeout": "20ms",
            "proof.actor": str(number),
            "proof.at_every_write": str("PROOF_AT_EVERY_WRITE" in os.environ).lower(),
        }.items():
            conn.execute("SELECT set_config(%s, %s, false)", [name, value])
        row = conn.execute(f"SELECT last_value + is_called::integer FROM proof.turn_{number}".encode()).fetchone()
        assert row is not None
        actor = cls(number, conn, row[0])
        conn.add_notice_handler(actor._hear_notice)
        return actor

    @property
    def has_ended(self) -> bool:
        """Whether nothing of it is left to be stepped."""
        return self.state is State.ENDED

    @property
    def pid(self) -> int:
        """Its backend."""
        return self.conn.info.backend_pid

    def prepare(self, query: LiteralString, params: Sequence[object]) -> None:
        """Be ready to run this call, in a transaction of its own."""
        call = psycopg.ClientCursor(self.conn).mogrify(query, params)
        self._query = f"BEGIN; SELECT set_config('proof.began', proof.clock()::text, true); {call}".encode()
        self.state, self.at, self.outcome, self.complaint = State.READY, "", None, None
        self.has_locked = self.has_written = self._is_at_lock = False

    def begin(self) -> None:
        """Run up to the first stop."""
        self.conn.pgconn.send_query(self._query)

    def commit(self) -> None:
        """End the transaction, whose call has replied."""
        self.conn.pgconn.send_query(b"COMMIT")

    def leave(self) -> None:
        """Go on from a stop, whose gate somebody opens."""
        self.has_locked = self.has_locked or self._is_at_lock

    def hear(self, seconds: float) -> bool:
        """Take in what the backend says within this time; whether it said that it stopped, or finished."""
        pgconn = self.conn.pgconn
        if not select.select([pgconn.socket], [], [], seconds)[0]:
            return False
        self.at = ""
        pgconn.consume_input()
        while not pgconn.is_busy():
            result = pgconn.get_result()
            if result is None:
                self._finish()
                return True
            self._latest = Outcome.of(result)
        return bool(self.at)

    def _finish(self) -> None:
        if self._latest.sqlstate is not None:
            self.outcome, self.state = self._latest, State.ENDED
            self.conn.execute("ROLLBACK")
            if not self._latest.sqlstate.startswith("PT4"):
                self.complaint = f"an error: {self._latest}"
        elif self.outcome is None:
            self.outcome, self.state = self._latest, State.DONE
        else:
            self.state = State.ENDED

    def _hear_notice(self, notice: psycopg.errors.Diagnostic) -> None:
        words = str(notice.message_primary)
        match notice.sqlstate:
            case "PR001" | "PR002":
                self.at, self.state = words, State.STOPPED
                self._is_at_lock = notice.sqlstate == "PR001"
                self.has_written = self.has_written or not self._is_at_lock
            case "PR003":
                self.keys |= set(words.split())
            case _ if notice.severity_nonlocalized == "WARNING":
                self.complaint = f"a warning: {words}"


class Stepper:
    """Steps two actors, one at a time."""

    def __init__(self, url: str) -> None:
        """`url` names an instrumented database, as a superuser."""
        self.control: Connection = psycopg.connect(url, autocommit=True)
        self.control.adapters.register_loader("jsonb", TextLoader)  # replies are compared as PostgreSQL writes them
        self.control.execute(
            "SELECT set_config('TimeZone', 'UTC', false), set_config('synchronous_commit', 'off', false)"
        )
        self.control.pgconn.prepare(
            b"open", b"SELECT pg_advisory_lock($1::int, $2::int), pg_advisory_unlock($1::int, $2::int - 1)"
        )
        self.control.pgconn.prepare(b"free", b"SELECT setval('proof.free', $1::int)")
        self.control.pgconn.prepare(b"waits", b"SELECT $2::int = ANY (pg_blocking_pids($1::int))")
        self.actors = (Actor.connect(url, 1), Actor.connect(url, 2))
        for actor in self.actors:
            self.control.execute("SELECT pg_advisory_lock(%s, %s)", [actor.number, actor.turn])

    def close(self) -> None:
        """End the connections."""
        for conn in (self.control, *(actor.conn for actor in self.actors)):
            conn.close()

    def step(self, actor: Actor) -> None:
        """Let an actor go on to its next stop, to its reply, to its end, or to a lock that the other one holds."""
        actor.keys = set()
        if actor.state is State.READY:
            actor.begin()
        elif actor.state is State.DONE:
            actor.commit()
        else:
            assert actor.state is State.STOPPED, f"nobody can step one that {actor.state.value}"
            actor.leave()
            self._open_gate(actor)
        self._settle(actor)
        other = self._other(actor)
        if actor.has_ended and other.state is State.BLOCKED:
            self._settle(other)

    def finish(self, actor: Actor) -> None:
        """Let an actor go on to its end: there is nobody else to be stepped."""
        self._free(actor.number)
        while not actor.has_ended:
            self.step(actor)
        self._free(0)

    def abandon(self) -> None:
        """End whatever the actors are doing, without effect."""
        for actor in sorted(self.actors, key=lambda actor: actor.state is not State.BLOCKED):
            if actor.state in (State.STOPPED, State.BLOCKED):
                self.control.execute("SELECT pg_cancel_backend(%s)", [actor.pid])
                if actor.state is State.STOPPED:
                    self._open_gate(actor)
                deadline = time.monotonic() + _LONGEST_SECONDS
                while actor.state in (State.STOPPED, State.BLOCKED):
                    assert time.monotonic() < deadline, f"actor {actor.number} does not end"
                    actor.hear(_SILENCE_SECONDS)
            elif actor.state is State.DONE:
                actor.conn.execute("ROLLBACK")

    def _free(self, number: int) -> None:
        self.control.pgconn.exec_prepared(b"free", [str(number).encode()])

    def _other(self, actor: Actor) -> Actor:
        return self.actors[2 - actor.number]

    def _open_gate(self, actor: Actor) -> None:
        """Hold the lock of the next turn, then let go of this one's."""
        actor.turn += 1
        self.control.pgconn.exec_prepared(b"open", [str(actor.number).encode(), str(actor.turn).encode()])

    def _settle(self, actor: Actor) -> None:
        """Wait until the actor has stopped or finished, or waits for the other one."""
        other = self._other(actor)
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not actor.hear(_SILENCE_SECONDS):
            assert time.monotonic() < deadline, f"actor {actor.number} neither stops nor ends"
            if self._waits_for(actor, other):
                if other.state is not State.BLOCKED:
                    actor.state = State.BLOCKED
                    return
                other.hear(0)  # each waits for the other: PostgreSQL ends one of them

    def _waits_for(self, actor: Actor, other: Actor) -> bool:
        pids = [str(actor.pid).encode(), str(other.pid).encode()]
        return self.control.pgconn.exec_prepared(b"waits", pids).get_value(0, 0) == b"t"
