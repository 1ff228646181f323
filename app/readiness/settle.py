"""Settles what became due while no process ran. Every process does this before it opens its ports."""

import asyncio
import time
from typing import Any

import msgspec
import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import Series
from app.postgres.bounded import BackendLost
from app.postgres.database import Run
from app.runtime import instant
from app.sql import deadlines, upkeep

logger = structlog.get_logger(__name__)

# How long a start waits for a database that is away; then it fails, and its supervisor starts it again.
PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
# Enough after hours without any process; if more is due, the listener goes on.
_MOST_ROUNDS = 1000
_ROWS_A_ROUND = 200


async def settle(run: Run, *, patience: float = PATIENCE_SECONDS) -> None:
    """Make today's partitions, settle all that is overdue, and sweep payments.

    Waits for a PostgreSQL that is away for at most `patience` seconds, then raises its last error. Raises at once when
    the database was never migrated. Source of the rule: time that passed while nothing ran is settled before the ports
    open.
    """
    deadline = time.monotonic() + patience
    limit = _ROWS_A_ROUND
    failures = Series(logger, "postgres_away", again_in_seconds=_PAUSE_SECONDS)
    while True:
        try:
            return await _settle(run, limit)
        except (psycopg.errors.UndefinedFunction, psycopg.errors.InvalidSchemaName):
            logger.error("database_not_migrated", what_to_do="run `halobestie migrate` first")  # noqa: TRY400
            raise
        except psycopg.OperationalError as error:
            if time.monotonic() > deadline:
                raise
            if isinstance(error, psycopg.errors.QueryCanceled | BackendLost):
                limit = max(limit // 10, 1)
            failures.failed(error)
            await asyncio.sleep(_PAUSE_SECONDS)


async def _settle(run: Run, limit: int) -> None:
    await run(upkeep.maintain_partitions)
    for _ in range(_MOST_ROUNDS):
        moved = await run(deadlines.run_due, limit=limit)
        if not moved:
            break
        kind = moved[0].kind
        metrics.settled.labels(kind).inc(len(moved))
        for row in moved:
            metrics.deadline_lateness.labels(kind).observe(row.seconds_late)
        logger.info("settled_overdue", kind=kind, count=len(moved))
    for failed in await run(deadlines.failed_deadlines):
        tell_failed(logger, failed)
    logger.info("settled_payments", found=count_sweep(await run(upkeep.expire_stale_payment_requests)))


def tell_failed(log: Any, failed: deadlines.FailedDeadline) -> None:  # structlog's loggers have no type
    """Log what could not be settled, and when it is tried again."""
    log.warning(
        "deadline_failed",
        kind=failed.kind,
        id=str(failed.id),
        failures=failed.failures,
        again_at=instant.spell(failed.again_at),
        error=failed.error,
    )


def count_sweep(swept: upkeep.PaymentSweep) -> str:
    """Count in the metrics what a sweep of payments did; returns it in words."""
    counts = msgspec.structs.asdict(swept)
    for outcome, count in counts.items():
        metrics.payments_swept.labels(outcome).inc(count)
    return ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
