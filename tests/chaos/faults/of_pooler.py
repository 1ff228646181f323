"""What can happen to the pooler, through which some processes reach PostgreSQL."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator

from tests.chaos.faults.catalogue import fault
from tests.chaos.place import Place
from tests.chaos.pooler import Pooler


def _pooler(place: Place) -> Pooler:
    assert place.pooler is not None, "the machine has one"
    return place.pooler


@fault("pooler postgres", within=10)
@contextlib.asynccontextmanager
async def pooler_restarted(place: Place) -> AsyncIterator[None]:
    _pooler(place).kill()
    yield
    await asyncio.to_thread(_pooler(place).start)


@fault("pooler postgres", within=10)
@contextlib.asynccontextmanager
async def pooler_paused(place: Place) -> AsyncIterator[None]:
    _pooler(place).child.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        _pooler(place).child.send_signal(signal.SIGCONT)
