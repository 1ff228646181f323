"""What becomes of a fault of PostgreSQL behind a socket."""

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, cast

import psycopg
import pytest
from structlog.testing import capture_logs

from app.postgres.database import Database
from app.sockets.closing import Close
from app.sockets.deliveries import Deliveries
from app.sockets.delivery_pings import Given
from app.sockets.progress import Progress, Stream
from app.sockets.send_queue import SendQueue
from tests.support.waiting import PATIENCE_SECONDS


class Failing:
    """Stands for PostgreSQL, which fails with one error."""

    def __init__(self, error: psycopg.Error) -> None:
        self.error = error
        self.asked = asyncio.Event()
        self.times = 0

    async def call(self, *_: object, **__: object) -> None:
        """Any function."""
        self.times += 1
        self.asked.set()
        raise self.error

    after = call


class Closing:
    """Stands for a socket's outbox, of which only the end matters."""

    closing: Close | None = None

    def close(self, code: Close) -> None:
        """End."""
        self.closing = code


def ignore(*_: Any) -> None:
    """Nobody listens."""


async def test_a_reading_of_events_that_fails_closes_the_socket_and_is_told_by_us() -> None:
    unheard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unheard.append(context))
    outbox = Closing()
    progress = Progress(
        cast("SendQueue", outbox), cast("Stream", Failing(psycopg.errors.DataError("no"))), ignore, ignore, 0
    )
    progress._drop_hold()
    with capture_logs() as lines:
        progress.event(2, b"after a gap")
        async with asyncio.timeout(PATIENCE_SECONDS):
            while outbox.closing is None or progress._task is not None:  # noqa: ASYNC110
                await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert outbox.closing is Close.TRY_AGAIN_LATER
    assert [line["event"] for line in lines] == ["events_not_read"]
    assert unheard == []


@pytest.mark.parametrize(
    ("fail", "is_kept"),
    [
        (psycopg.OperationalError, True),
        (psycopg.errors.ReadOnlySqlTransaction, True),
        (psycopg.errors.DataError, False),
    ],
)
async def test_marks_are_tried_again_when_postgresql_is_away_but_not_when_it_will_never_take_them(
    fail: Callable[[str], psycopg.Error], is_kept: bool
) -> None:
    db = Failing(fail("no"))
    deliveries = Deliveries(cast("Database", db), ignore)
    deliveries.note(uuid.uuid4(), "mitra", uuid.uuid4(), Given(0, 1))
    writing = asyncio.create_task(deliveries.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        await db.asked.wait()
    await asyncio.sleep(0)
    assert not writing.done()
    writing.cancel()
    before = db.times
    await deliveries.finish(1)
    assert db.times - before == is_kept
