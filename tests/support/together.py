"""Calls that really happen at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, LiteralString, TypeVar

import psycopg

from tests.support.waiting import until

T = TypeVar("T")
Call = Callable[[psycopg.Connection], T]

_LONGEST_SECONDS = 60


def statement(query: LiteralString, *params: object) -> Call[Any]:
    """A call that runs one query and answers with the one column of its first row."""

    def run(conn: psycopg.Connection) -> Any:
        row = conn.execute(query, params).fetchone()
        return None if row is None else row[0]

    return run


def outcome_of(call: Call[T], conn: psycopg.Connection) -> T | str:
    """What a call answers, or the code it is refused with; any other error is an error."""
    try:
        return call(conn)
    except psycopg.Error as error:
        if error.sqlstate is not None and error.sqlstate.startswith("PT"):
            return str(error.diag.message_primary)
        raise


def together(url: str, calls: Iterable[Call[T]]) -> list[T | str]:
    """Let all calls start at one moment; the outcome of each, in their order."""
    waiting = list(calls)
    start = threading.Barrier(len(waiting), timeout=_LONGEST_SECONDS)

    def run(call: Call[T]) -> T | str:
        with psycopg.connect(url, autocommit=True) as conn:
            conn.execute(f"SET statement_timeout = '{_LONGEST_SECONDS}s'")
            start.wait()
            return outcome_of(call, conn)

    with ThreadPoolExecutor(len(waiting)) as threads:
        return list(threads.map(run, waiting))


class Waiter:
    """A call under way on a connection of its own."""

    def __init__(self, future: "Future[Any]") -> None:
        self._future = future

    def outcome(self) -> Any:
        """What it answered or was refused with, once it could go on."""
        return self._future.result(timeout=_LONGEST_SECONDS)


@contextmanager
def blocked(url: str, call: Call[T]) -> Iterator[Waiter]:
    """A call that waits for a lock which somebody else holds: the block begins once PostgreSQL says that it waits."""
    with (
        psycopg.connect(url, autocommit=True) as conn,
        psycopg.connect(url, autocommit=True) as watcher,
        ThreadPoolExecutor(1) as thread,
    ):
        conn.execute(f"SET statement_timeout = '{_LONGEST_SECONDS}s'")
        future = thread.submit(outcome_of, call, conn)
        query = "SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s"
        until(
            lambda: watcher.execute(query, [conn.info.backend_pid]).fetchone() == ("Lock",),
            "the call waits for a lock",
        )
        yield Waiter(future)
