"""Work that somebody asked for and nobody waits for: claimed and made a step at a time, so each has its turn."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import psycopg
import structlog

from app.observability.faults import log_fault

log = structlog.get_logger(__name__)


async def step_by_step(
    what: str, claim: Callable[[], Awaitable[UUID | None]], make: Callable[[UUID], Awaitable[bool]], *, most: int
) -> int:
    """Make steps until none waits, at most so many; returns how many pieces of work are done.

    `claim` gives the id of a piece and sets it aside; `make` makes its next step, and says whether there are more.
    Raises an ExceptionGroup of what failed, when all others had their turn, so that the sweep counts as failed.
    """
    done, failed = 0, list[psycopg.Error]()
    for _ in range(most):
        id_ = await claim()
        if id_ is None:
            break
        try:
            is_more = await make(id_)
        except psycopg.Error as error:
            log_fault(log, f"{what}_not_made", error, **{f"{what}_id": str(id_)})
            failed.append(error)
        else:
            done += not is_more
    if failed:
        raise ExceptionGroup(f"{what}s were not made", failed)
    return done
