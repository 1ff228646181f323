"""How often is too often, who is counted, and what happens while Valkey is away."""

import asyncio
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

from app.development.processes import Family
from app.development.valkey import EmbeddedValkey
from app.resources import internal as internal_app
from app.resources import public
from app.serving.apps import create_internal_app, create_public_app
from app.settings import ApiSettings, InternalSettings
from app.wire.address import client_address, network_of
from tests.support.http_apps import problem, serving
from tests.support.valkey_client import async_client_of
from tests.support.valkey_cluster import PREFIX, ClusterOfOne
from tests.support.waiting import eventually

pytestmark = pytest.mark.everywhere

ANONYMOUS = "/api/auth/customer/anonymous"
OTP = "/api/auth/otp/request"


@pytest.fixture
def api_settings(api_settings: ApiSettings) -> ApiSettings:
    """Behind a proxy on this machine, so that a test can come from anywhere; and time enough for a busy Valkey."""
    return api_settings.model_copy(
        update={
            "valkey_timeout_ms": 10_000,
            "trusted_proxies": [ip_network("127.0.0.0/8")],
            "anonymous_address_rate": "3 per hour",
            "otp_phone_rate": "2 per 10 minutes",
            "otp_address_rate": "4 per hour",
            "otp_verify_address_rate": "3 per hour",
            "refresh_address_rate": "3 per minute",
        }
    )


def come_from(address: str) -> dict[str, str]:
    return {"X-Forwarded-For": address}


def phone(number: int) -> dict[str, str]:
    return {"phone": f"+62812000000{number:02d}", "user_type": "customer"}


async def test_what_is_over_the_rate_of_an_address_is_refused_with_the_time_to_wait(api: httpx.AsyncClient) -> None:
    for _ in range(3):
        assert (await api.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code == 201
    refused = await api.post(ANONYMOUS, headers=come_from("203.0.113.7"))
    assert problem(refused) == (429, "RATE_LIMITED")
    assert 3_500 < int(refused.headers["retry-after"]) <= 3_600
    assert (await api.post(ANONYMOUS, headers=come_from("203.0.113.8"))).status_code == 201


async def test_an_address_that_a_client_invents_for_itself_is_not_believed(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post(ANONYMOUS, headers=come_from(f"198.51.100.{invented}, 203.0.113.7")) for invented in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


async def test_codes_are_limited_by_phone_however_it_is_written_and_wherever_asked(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post(OTP, json={"phone": way, "user_type": "customer"}, headers=come_from(f"203.0.113.{number}"))
        for number, way in enumerate(["+6281200000001", "0812 0000 0001", "(0812) 0000.0001"])
    ]
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert 500 < int(answers[-1].headers["retry-after"]) <= 600


async def test_codes_are_limited_by_address(api: httpx.AsyncClient) -> None:
    answers = [await api.post(OTP, json=phone(number), headers=come_from("203.0.113.7")) for number in range(5)]
    assert [answer.status_code for answer in answers] == [202, 202, 202, 202, 429]


async def test_trying_codes_and_refreshing_are_limited_by_address(api: httpx.AsyncClient) -> None:
    tries = {
        "/api/auth/otp/verify": phone(1) | {"code": "123456"},
        "/api/auth/refresh": {"refresh_token": "nobody's"},
    }
    for path, body in tries.items():
        answers = [await api.post(path, json=body, headers=come_from("203.0.113.7")) for _ in range(4)]
        assert [answer.status_code for answer in answers] == [401, 401, 401, 429], path
        assert (await api.post(path, json=body, headers=come_from("203.0.113.8"))).status_code == 401


async def test_a_strangers_wrong_codes_do_not_void_the_owners(
    api: httpx.AsyncClient, api_settings: ApiSettings
) -> None:
    settings = api_settings.model_copy(update={"otp_verify_address_rate": "100 per hour"})
    async with serving(create_public_app(settings)) as client:
        await client.post(OTP, json=phone(1), headers=come_from("203.0.113.7"))
        wrong, right = phone(1) | {"code": "123456"}, phone(1) | {"code": "000000"}
        for guess in range(20):
            stranger = come_from(f"198.51.100.{guess}")
            assert (await client.post("/api/auth/otp/verify", json=wrong, headers=stranger)).status_code == 401
        late = await client.post("/api/auth/otp/verify", json=right, headers=come_from("198.51.100.99"))
        assert problem(late) == (401, "OTP_INVALID")
        owner = await client.post("/api/auth/otp/verify", json=right, headers=come_from("203.0.113.7"))
        assert owner.status_code == 200


async def test_loopback_is_exempt_in_development_only(api: httpx.AsyncClient, api_settings: ApiSettings) -> None:
    for _ in range(6):
        assert (await api.post(ANONYMOUS)).status_code == 201
    production = api_settings.model_copy(update={"app_env": "production"})
    async with serving(create_public_app(production)) as client:
        answers = [(await client.post(ANONYMOUS)).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 429]


async def test_two_instances_share_their_counts(api: httpx.AsyncClient, api_settings: ApiSettings) -> None:
    async with serving(create_public_app(api_settings)) as other:
        answers = [
            await client.post(ANONYMOUS, headers=come_from("203.0.113.7")) for client in (api, other, api, other)
        ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]


async def test_limits_hold_when_valkey_is_down(api_settings: ApiSettings, own_valkey: EmbeddedValkey) -> None:
    settings = api_settings.model_copy(update={"valkey_url": own_valkey.url})
    async with serving(create_public_app(settings)) as client:
        assert (await client.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code == 201
        await asyncio.to_thread(own_valkey.kill)
        answers = [(await client.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code for _ in range(3)]
    assert answers == [201, 201, 429]


async def test_what_valkey_refused_is_not_counted_in_the_process_either(
    api_settings: ApiSettings, own_valkey: EmbeddedValkey
) -> None:
    settings = api_settings.model_copy(update={"valkey_url": own_valkey.url})
    app, other = create_public_app(settings), create_public_app(settings)
    async with serving(app) as client, serving(other) as elsewhere:
        for one, status in ((elsewhere, 201), (client, 429)):
            answers = [(await one.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code for _ in range(3)]
            assert answers == [status] * 3
        await asyncio.to_thread(own_valkey.kill)
        answers = [(await client.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code for _ in range(4)]
    assert answers == [201, 201, 201, 429]


async def test_limits_hold_when_a_cluster_is_down_and_are_counted_there_again_when_it_is_back(
    api_settings: ApiSettings, family: Family, tmp_path: Path
) -> None:
    cluster = ClusterOfOne(family=family, log=tmp_path / "valkey.log")
    await asyncio.to_thread(cluster.start)
    there = {"valkey_url": cluster.url, "valkey_key_prefix": PREFIX}
    async with serving(create_public_app(api_settings.model_copy(update=there))) as client:
        await asyncio.to_thread(cluster.kill)
        answers = [(await client.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code for _ in range(4)]
        assert answers == [201, 201, 201, 429]
        await asyncio.to_thread(cluster.start)

        async def is_counted() -> bool:
            assert (await client.post(ANONYMOUS, headers=come_from("203.0.113.7"))).status_code == 429
            async with async_client_of(cluster.url) as store:
                return bool([name async for name in store.scan_iter(f"{PREFIX}limits*")])

        await eventually(is_counted, "the hits are counted in Valkey again")
    cluster.kill()


async def test_neither_phones_nor_addresses_are_written_into_valkey(api: httpx.AsyncClient, valkey_url: str) -> None:
    await api.post(OTP, json=phone(1), headers=come_from("203.0.113.7"))
    async with async_client_of(valkey_url) as client:
        names = [name async for name in client.scan_iter("*")]
    assert any(b"limits" in name for name in names)
    assert not [name for name in names if b"81200000001" in name or b"203.0.113.7" in name]


@pytest.fixture
async def guarded(internal_settings: InternalSettings) -> AsyncIterator[httpx.AsyncClient]:
    settings = internal_settings.model_copy(
        update={"trusted_proxies": [ip_network("127.0.0.0/8")], "login_address_rate": "3 per 10 minutes"}
    )
    async with serving(create_internal_app(settings)) as client:
        yield client


async def test_logins_are_limited_by_address_and_nobody_is_locked_out_by_others(guarded: httpx.AsyncClient) -> None:
    async def log_in(email: str, address: str) -> int:
        body = {"email": email, "password": "a guess"}
        return (await guarded.post("/internal/auth/login", json=body, headers=come_from(address))).status_code

    one_address = [await log_in(f"somebody{guess}@example.com", "203.0.113.7") for guess in range(4)]
    assert one_address == [401, 401, 401, 429]
    emails = ["boss@example.com", "Boss@example.com", "BOSS@EXAMPLE.COM", "boss@example.com"]
    one_email = [await log_in(email, f"198.51.100.{number}") for number, email in enumerate(emails)]
    assert one_email == [401, 401, 401, 401]


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "client"),
    [
        ("203.0.113.7", None, [], "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", [], "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1, 10.0.0.2", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", ["10.0.0.0/8"], "10.0.0.3"),
        ("10.0.0.1", "nonsense", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, nonsense", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "", ["10.0.0.0/8"], "10.0.0.1"),
        ("::1", "2001:db8::1", ["::1/128"], "2001:db8::1"),
        ("::ffff:10.0.0.1", "198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        (None, "198.51.100.1", ["10.0.0.0/8"], "unknown"),
        ("10.0.0.1", "198.51.100.1:51234", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6:1, 198.51.100.1:51234,10.0.0.2:80", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "[2001:db8::1]:443", ["10.0.0.0/8"], "2001:db8::1"),
        ("10.0.0.1", "[2001:db8::1]", ["10.0.0.0/8"], "2001:db8::1"),
        ("10.0.0.1", "2001:DB8:0:0::1", ["10.0.0.0/8"], "2001:db8::1"),
        ("10.0.0.1", "fe80::1%eth0", ["10.0.0.0/8"], "fe80::1"),
        ("10.0.0.1", "[::ffff:198.51.100.1]:80", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 10.0.0.9, 198.51.100.1", ["10.0.0.0/8"], "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, unknown", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1:port", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, ", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "[198.51.100.1", ["10.0.0.0/8"], "10.0.0.1"),
        ("203.0.113.7:1", "198.51.100.1", [], "203.0.113.7"),
    ],
)
def test_the_client_is_the_nearest_address_that_is_no_proxy_of_ours(
    peer: str | None, forwarded: str | None, trusted: list[str], client: str
) -> None:
    assert client_address(peer, forwarded, [ip_network(text) for text in trusted]) == client


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_counts_for_itself_and_one_of_ipv6_for_its_site(address: str, counted: str) -> None:
    assert network_of(address) == counted


async def test_addresses_of_one_ipv6_site_share_a_count(api: httpx.AsyncClient) -> None:
    answers = [
        await api.post(ANONYMOUS, headers=come_from(f"[2001:db8:0:7:{host}::1]:4{host}000")) for host in range(4)
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    assert (await api.post(ANONYMOUS, headers=come_from("2001:db8:0:8::1"))).status_code == 201


def test_whatever_a_stranger_may_write_is_counted_by_address() -> None:
    uncounted = {
        f"{method.upper()} {template}"
        for template, resource in {**public.ROUTES, **internal_app.ROUTES}.items()
        for method, operation in resource.operations().items()
        if method != "get" and operation.token != "required" and "address" not in {by for _, by in operation.rates}
    }
    assert uncounted == {
        "POST /api/webhooks/xendit"
    }  # whoever has the token is the provider; others are refused unread
