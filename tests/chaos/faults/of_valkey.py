"""What can happen to Valkey."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator

import valkey

from app.mirror.keys import Keys
from tests.chaos.faults.catalogue import fault
from tests.chaos.place import Place


@contextlib.contextmanager
def _admin(place: Place) -> Iterator[valkey.Valkey]:
    with valkey.Valkey.from_url(place.valkey.url, socket_timeout=5) as client:
        yield client


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_killed(place: Place) -> AsyncIterator[None]:
    place.valkey.kill()
    yield
    await asyncio.to_thread(place.valkey.start)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_paused(place: Place) -> AsyncIterator[None]:
    place.valkey.child.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        place.valkey.child.send_signal(signal.SIGCONT)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_emptied(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.flushall()
    yield


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_evicted_some_keys(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        keys = sorted(client.scan_iter(count=1000))
        for key in place.dice.sample(keys, max(1, len(keys) // 4)) if keys else []:
            client.delete(key)
    yield


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_evicted_a_collection(place: Place) -> AsyncIterator[None]:
    """One of the mirror's large keys, and nothing that would show it but its absence."""
    keys = Keys()
    with _admin(place) as client:
        client.delete(place.dice.choice([keys.mitras, keys.deactivated, keys.online, keys.ranked]))
    yield


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_full(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.config_set("maxmemory", 1)
        try:
            yield
        finally:
            client.config_set("maxmemory", 0)


@fault("valkey", within=10)
@contextlib.asynccontextmanager
async def valkey_takes_no_writes(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.config_set("min-replicas-to-write", 1)
        try:
            yield
        finally:
            client.config_set("min-replicas-to-write", 0)


@fault("valkey", within=5)
@contextlib.asynccontextmanager
async def valkey_clients_cut(place: Place) -> AsyncIterator[None]:
    with _admin(place) as client:
        client.client_kill_filter(_type=place.dice.choice(["normal", "pubsub"]))
    yield
