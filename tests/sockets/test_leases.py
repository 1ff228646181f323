"""Leases tell every instance who is connected anywhere."""

import time

import pytest
import valkey

from app.settings import ApiSettings
from tests.sockets.conftest import Api, User, eventually, served


def leases(valkey_url: str, user: User) -> dict[bytes, float]:
    """The user's connections and when their leases end, in seconds from now."""
    with valkey.Valkey.from_url(valkey_url) as client:
        found = client.zrange(f"ws:{user.recipient}", 0, -1, withscores=True)
    return {connection: end / 1000 - time.time() for connection, end in found}


async def test_a_lease_appears_with_the_socket_and_vanishes_with_it(api: Api, mitra: User, valkey_url: str) -> None:
    async def none_is_left() -> bool:
        return not leases(valkey_url, mitra)

    async with api.open(mitra):
        [seconds] = leases(valkey_url, mitra).values()
        assert 55 < seconds <= 60
    await eventually(none_is_left)


async def test_each_device_has_a_lease_of_its_own(api: Api, mitra: User, valkey_url: str) -> None:
    async def one_is_left() -> bool:
        return len(leases(valkey_url, mitra)) == 1

    async with api.open(mitra):
        async with api.open(mitra):
            assert len(leases(valkey_url, mitra)) == 2
        await eventually(one_is_left)


async def test_leases_are_renewed(
    api_settings: ApiSettings, mitra: User, valkey_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.sockets.hub.LEASE_RENEWAL_SECONDS", 0.1)

    async def is_renewed() -> bool:
        return min(leases(valkey_url, mitra).values()) > 55

    async with served(api_settings) as api, api.open(mitra):
        with valkey.Valkey.from_url(valkey_url) as client:
            client.zadd(f"ws:{mitra.recipient}", {name: time.time() * 1000 for name in leases(valkey_url, mitra)})
        await eventually(is_renewed)
