"""How faults are logged: an expected fault in one line, any other with its type and stack."""

import time
from typing import Any

import psycopg
from valkey.exceptions import ValkeyError

from app.valkey.answers import NoAnswer

AGAIN_SECONDS = 60.0
"""What goes on failing is logged again once in so many seconds."""

_EXPECTED = (
    psycopg.OperationalError,
    psycopg.errors.ReadOnlySqlTransaction,
    NoAnswer,
    ValkeyError,
    OSError,
    TimeoutError,
)


def log_fault(log: Any, event: str, error: BaseException, **fields: Any) -> None:  # structlog's loggers have no type
    """Log `error` as `event`: a warning when servers or connections cause it, else an error with its type and stack.

    PostgreSQL's refusals are warnings, too. Only PostgreSQL's main message is logged: its details quote values.
    """
    if _is_expected(error):
        log.warning(event, error=words(error), **fields)
    else:
        what = (type(error), _quiet(error), error.__traceback__)
        log.error(event, error=words(error), type=type(error).__name__, exc_info=what, **fields)


class Series:
    """Failures of one thing in a row: the first is logged, then one a minute, with how many there were."""

    def __init__(self, log: Any, event: str, **fields: Any) -> None:
        """`log` and `event` are those of `log_fault`; `fields` are in every line."""
        self.count = 0
        self._log = log
        self._event = event
        self._fields = fields
        self._began_at = 0.0
        self._told_at = 0.0

    def failed(self, error: BaseException) -> None:
        """Note a failure."""
        now = time.monotonic()
        if not self.count:
            self._began_at = now
        self.count += 1
        if self.count == 1 or now - self._told_at >= AGAIN_SECONDS:
            self._told_at = now
            seconds = round(now - self._began_at)
            log_fault(self._log, self._event, error, **self._fields, failures=self.count, for_seconds=seconds)

    def ended(self) -> int:
        """Note a success. Returns how often it had failed in a row."""
        count, self.count = self.count, 0
        return count


def _is_expected(error: BaseException) -> bool:
    if isinstance(error, BaseExceptionGroup):
        return all(_is_expected(part) for part in error.exceptions)
    if isinstance(error, psycopg.Error) and (error.sqlstate or "").startswith("PT"):
        return True
    return isinstance(error, _EXPECTED)


def words(error: BaseException) -> str:
    """An error's text; of PostgreSQL's only the main message, because its details quote values."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(words(part) for part in error.exceptions)
    said = error.diag.message_primary if isinstance(error, psycopg.Error) else None
    return said or str(error) or type(error).__name__


def _quiet(error: BaseException) -> BaseException:
    return type(error)(words(error)) if isinstance(error, psycopg.Error) else error
