"""What failed a moment ago is left alone for a while, so that it holds up nothing else."""

import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg

from app.observability import metrics
from app.observability.faults import log_fault

R = TypeVar("R")
T = TypeVar("T")

SET_ASIDE_SECONDS = 10.0
"""What failed is not tried again for so long."""

MOST_TO_BLAME = 10
"""When more things of a page fail, the fault is not theirs."""


class SetAside:
    """The things of one concern that failed a moment ago, by id."""

    def __init__(self, log: Any, concern: str, event: str, name: str) -> None:  # structlog's loggers have no type
        """A failure of `concern` is logged as `event`, with the thing's id as the field `name`."""
        self._log = log
        self._failures = metrics.listener_failures.labels(concern)
        self._event = event
        self._name = name
        self._until: dict[UUID, float] = {}

    def __contains__(self, thing: UUID) -> bool:
        """Whether the thing failed a moment ago."""
        return self._until.get(thing, 0.0) > time.monotonic()

    @contextmanager
    def trying(self, thing: UUID) -> Iterator[None]:
        """If PostgreSQL fails for this thing, set it aside. Raises psycopg.Error when the connection failed."""
        try:
            yield
        except psycopg.Error as error:
            self._failures.inc()
            if error.sqlstate is None:  # the connection failed, not the thing
                raise
            self._add(thing, error)

    async def act_on(
        self, rows: Sequence[R], thing_of: Callable[[R], UUID], act: Callable[[Sequence[R]], Awaitable[T]]
    ) -> list[T]:
        """Act on all rows at once. If that fails, act on each half, down to the row to blame: its thing is set aside.

        Rows of things that are set aside are left out. Raises psycopg.Error when no row is to blame: the server or the
        connection failed, or more than MOST_TO_BLAME things did.
        """
        done: list[T] = []
        blamed = 0
        waiting = [rows]
        while waiting:
            page = [row for row in waiting.pop() if thing_of(row) not in self]
            if not page:
                continue
            try:
                done.append(await act(page))
            except (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction):
                raise
            except psycopg.Error as error:
                if len(page) > 1:
                    half = len(page) // 2
                    waiting += (page[half:], page[:half])
                elif blamed < MOST_TO_BLAME:
                    blamed += 1
                    self._failures.inc()
                    self._add(thing_of(page[0]), error)
                else:
                    raise
        return done

    def _add(self, thing: UUID, error: psycopg.Error) -> None:
        log_fault(self._log, self._event, error, **{self._name: str(thing)})
        now = time.monotonic()
        self._until = {other: until for other, until in self._until.items() if until > now}
        self._until[thing] = now + SET_ASIDE_SECONDS
