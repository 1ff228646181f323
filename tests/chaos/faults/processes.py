"""What can happen to our processes."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from listeners.engine.leadership import LEASE_SECONDS
from tests.chaos.faults.catalogue import fault
from tests.chaos.place import END_SECONDS, Part, Place
from tests.support.clocks import libfaketime


@contextlib.asynccontextmanager
async def _killed(process: Part) -> AsyncIterator[None]:
    process.kill()
    yield
    process.start()


@contextlib.asynccontextmanager
async def _paused(process: Part) -> AsyncIterator[None]:
    process.pause()
    try:
        yield
    finally:
        process.go_on()


def _some(place: Place, command: str) -> Part:
    return place.dice.choice(place.running(command))


async def _leader(place: Place) -> Part:
    return await place.leader() or _some(place, "listener")


async def _follower(place: Place) -> Part:
    leader = await _leader(place)
    return next(one for one in place.running("listener") if one is not leader)


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(_some(place, "api")):
        yield


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_paused(place: Place) -> AsyncIterator[None]:
    async with _paused(_some(place, "api")):
        yield


@fault("api", within=10)
@contextlib.asynccontextmanager
async def api_ended(place: Place) -> AsyncIterator[None]:
    process, began = _some(place, "api"), time.monotonic()
    seconds = await process.stop(place.patience)
    place.ends.append((began, seconds))
    try:
        assert seconds <= END_SECONDS * place.patience, f"{process.name} took {seconds:.1f} s to end after SIGTERM"
        yield
    finally:
        process.start()


@fault("api", within=15)
@contextlib.asynccontextmanager
async def api_clock_an_hour_ahead(place: Place) -> AsyncIterator[None]:
    async with _another_clock(_some(place, "api"), "+1h"):
        yield


@fault("api", within=15)
@contextlib.asynccontextmanager
async def api_clock_an_hour_behind(place: Place) -> AsyncIterator[None]:
    async with _another_clock(_some(place, "api"), "-1h"):
        yield


@fault("listener", within=15)
@contextlib.asynccontextmanager
async def leader_clock_an_hour_ahead(place: Place) -> AsyncIterator[None]:
    async with _another_clock(await _leader(place), "+1h"):
        yield


@fault("listener", within=15)
@contextlib.asynccontextmanager
async def leader_clock_an_hour_behind(place: Place) -> AsyncIterator[None]:
    async with _another_clock(await _leader(place), "-1h"):
        yield


@contextlib.asynccontextmanager
async def _another_clock(process: Part, offset: str) -> AsyncIterator[None]:
    await process.stop()
    process.start(LD_PRELOAD=str(libfaketime()), FAKETIME=offset, FAKETIME_DONT_FAKE_MONOTONIC="1")
    yield
    await process.stop()
    process.start()


@fault("internal", within=10)
@contextlib.asynccontextmanager
async def internal_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(place.processes["internal"]):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(await _leader(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def follower_killed(place: Place) -> AsyncIterator[None]:
    async with _killed(await _follower(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_paused(place: Place) -> AsyncIterator[None]:
    async with _paused(await _leader(place)):
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_paused_beyond_its_lease(place: Place) -> AsyncIterator[None]:
    async with _paused(await _leader(place)):
        await asyncio.sleep(LEASE_SECONDS + 1)  # another listener leads when it wakes
        yield


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def leader_ended(place: Place) -> AsyncIterator[None]:
    process = await _leader(place)
    seconds = await process.stop(place.patience)
    try:
        assert seconds <= END_SECONDS * place.patience, f"{process.name} took {seconds:.1f} s to end after SIGTERM"
        yield
    finally:
        process.start()


@fault("listener", within=10)
@contextlib.asynccontextmanager
async def both_listeners_killed(place: Place) -> AsyncIterator[None]:
    listeners = place.running("listener")
    for one in listeners:
        one.kill()
    yield
    for one in listeners:
        one.start()
