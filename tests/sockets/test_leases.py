"""Leases tell every instance who is connected anywhere."""

import asyncio
import time
from typing import Any

import pytest

from app.mirror.scripts import Script
from app.mirror.server import Server
from app.settings import ApiSettings
from app.valkey.link import Argument
from tests.support.market import Person
from tests.support.sockets import WAIT_SECONDS, Api, served
from tests.support.valkey_client import client_of, keys_at
from tests.support.waiting import eventually

pytestmark = pytest.mark.everywhere


def lease(valkey_url: str, user: Person) -> str:
    """The key of the user's leases."""
    return keys_at(valkey_url).lease(user.type, user.id)


def leases(valkey_url: str, user: Person) -> dict[bytes, float]:
    """The user's connections and when their leases end, in seconds from now."""
    with client_of(valkey_url) as client:
        found = client.zrange(lease(valkey_url, user), 0, -1, withscores=True)
    return {connection: end / 1000 - time.time() for connection, end in found}


async def test_a_lease_appears_with_the_socket_and_vanishes_with_it(api: Api, mitra: Person, valkey_url: str) -> None:
    async def none_is_left() -> bool:
        return not leases(valkey_url, mitra)

    async with api.open(mitra):
        [seconds] = leases(valkey_url, mitra).values()
        assert 55 < seconds <= 60
    await eventually(none_is_left, "no lease is left")


async def test_each_device_has_a_lease_of_its_own(api: Api, mitra: Person, valkey_url: str) -> None:
    async def one_is_left() -> bool:
        return len(leases(valkey_url, mitra)) == 1

    async with api.open(mitra):
        async with api.open(mitra):
            assert len(leases(valkey_url, mitra)) == 2
        await eventually(one_is_left, "one lease is left")


async def test_leases_are_renewed(
    api_settings: ApiSettings, mitra: Person, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.leases.LEASE_RENEWAL_SECONDS", 0.1)

    async def is_renewed() -> bool:
        return min(leases(valkey_url, mitra).values()) > 55

    async with served(api_settings) as api, api.open(mitra):
        with client_of(valkey_url) as client:
            soon = (time.time() + 30) * 1000
            client.zadd(lease(valkey_url, mitra), dict.fromkeys(leases(valkey_url, mitra), soon))
        await eventually(is_renewed, "the lease is renewed")


async def test_leases_are_written_anew_soon_after_valkey_was_emptied(
    api: Api, mitra: Person, customer: Person, valkey_url: str
) -> None:
    """The connections stayed, so nothing but the missing leases tells of it."""

    async def both_are_back() -> bool:
        return bool(leases(valkey_url, mitra) and leases(valkey_url, customer))

    async with api.open(mitra), api.open(customer):
        with client_of(valkey_url) as client:
            client.flushall()
        await eventually(both_are_back, "both leases are back")


async def test_a_socket_that_ends_during_a_renewal_is_not_leased_again(
    api_settings: ApiSettings, mitra: Person, customer: Person, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    renewing, ended = asyncio.Event(), asyncio.Event()
    run = Server.run
    leased: list[str] = []
    first = lease(valkey_url, mitra)

    async def run_slowly(server: Server, script: Script, *arguments: Argument) -> Any:
        both_are_open = opened
        answer = await run(server, script, *arguments)
        if script.name == "lease" and both_are_open and (renewing.is_set() or first in arguments):
            leased.extend(str(key) for key in arguments[1::2])
            renewing.set()
            await ended.wait()
        return answer

    async def customer_is_gone() -> bool:
        return not leases(valkey_url, customer)

    async def mitra_is_renewed_twice() -> bool:
        return leased.count(first) >= 2

    opened = False
    monkeypatch.setattr(Server, "run", run_slowly)
    monkeypatch.setattr("app.sockets.leases.LEASES_A_CALL", 1)
    monkeypatch.setattr("app.sockets.leases.POLL_SECONDS", 0.1)
    monkeypatch.setattr("app.sockets.leases.LEASE_RENEWAL_SECONDS", 0.1)
    async with served(api_settings) as api, api.open(mitra):
        async with api.open(customer):
            opened = True
            await asyncio.wait_for(renewing.wait(), WAIT_SECONDS)
            leased_first = list(leased)
        await eventually(customer_is_gone, "the customer's lease is gone")
        ended.set()
        await eventually(mitra_is_renewed_twice, "the mitra's lease is renewed twice")
        assert leased_first == [first]
        assert lease(valkey_url, customer) not in leased
        assert not leases(valkey_url, customer)
