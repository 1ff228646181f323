"""What failed a moment ago is left alone for a while, so that it holds up nothing else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg

from app.observability import metrics
from app.observability.faults import log_fault

SET_ASIDE_SECONDS = 10.0
"""What failed is not tried again for so long."""


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
            log_fault(self._log, self._event, error, **{self._name: str(thing)})
            now = time.monotonic()
            self._until = {other: until for other, until in self._until.items() if until > now}
            self._until[thing] = now + SET_ASIDE_SECONDS
