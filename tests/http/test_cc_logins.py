"""Guesses at an operator's password are slowed down, cost nobody else anything, and are written down."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from ipaddress import ip_network

import httpx
import pytest

from app.auth.passwords import hash_password
from app.serving.apps import create_internal_app
from app.settings import InternalSettings
from tests.support.http_apps import problem, serving, valkey_away
from tests.support.market import PASSWORD, Market, Person
from tests.support.tokens import bearer

LOGIN = "/internal/auth/login"


@pytest.fixture
async def cc(request: pytest.FixtureRequest, internal_settings: InternalSettings) -> AsyncIterator[httpx.AsyncClient]:
    """The internal app behind a proxy, with no other limit than those of the database; with or without Valkey."""
    settings = internal_settings.model_copy(
        update={"trusted_proxies": [ip_network("127.0.0.0/8")], "login_address_rate": "10000 per minute"}
        | ({"valkey_url": valkey_away()} if getattr(request, "param", "") == "valkey down" else {})
    )
    async with serving(create_internal_app(settings)) as client:
        yield client


@pytest.fixture
def rina(market: Market) -> Person:
    return market.operator()


@pytest.fixture
def email(market: Market, rina: Person) -> str:
    return market.email(rina)


async def log_in(cc: httpx.AsyncClient, email: str, password: str, address: str) -> httpx.Response:
    return await cc.post(LOGIN, json={"email": email, "password": password}, headers={"X-Forwarded-For": address})


@pytest.mark.parametrize("cc", ["valkey up", "valkey down"], indirect=True)
async def test_of_a_hundred_guesses_at_once_from_one_address_five_are_evaluated(
    cc: httpx.AsyncClient, email: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.passwords.PLACES", 100)
    answers = await asyncio.gather(*(log_in(cc, email, f"guess {nth}", "203.0.113.7") for nth in range(100)))
    assert Counter(map(problem, answers)) == {(401, "UNAUTHENTICATED"): 5, (429, "RATE_LIMITED"): 95}
    refused = await log_in(cc, email, PASSWORD, "203.0.113.7")
    assert problem(refused) == (429, "RATE_LIMITED")
    assert 800 < int(refused.headers["retry-after"]) <= 900
    assert (await log_in(cc, email, PASSWORD, "203.0.113.8")).status_code == 200


async def test_addresses_of_one_ipv6_network_have_five_guesses_together(cc: httpx.AsyncClient, email: str) -> None:
    answers = [await log_in(cc, email, "guess", f"2001:db8:0:7:{host}::1") for host in range(6)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429]


async def test_guesses_from_everywhere_do_not_lock_out_who_logged_in_from_here_before(
    cc: httpx.AsyncClient, email: str
) -> None:
    assert (await log_in(cc, email, PASSWORD, "203.0.113.7")).status_code == 200
    for nth in range(20):
        assert problem(await log_in(cc, email, "guess", f"198.51.100.{nth}")) == (401, "UNAUTHENTICATED")
    again = await log_in(cc, email, "guess", "198.51.100.19")
    assert problem(again) == (429, "RATE_LIMITED")
    assert 25 < int(again.headers["retry-after"]) <= 30
    assert problem(await log_in(cc, email, "a slip", "203.0.113.7")) == (401, "UNAUTHENTICATED")
    assert (await log_in(cc, email, PASSWORD, "203.0.113.7")).status_code == 200


async def test_more_guesses_than_the_queue_holds_are_refused_and_hold_up_nobody(
    cc: httpx.AsyncClient, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.passwords.PLACES", 3)
    dear = market.value("SELECT api.create_admin('dear@example.com', 'Dear', %s) ->> 'email'", hash_password("dear"))
    guesses = [asyncio.create_task(log_in(cc, dear, "guess", f"203.0.113.{nth}")) for nth in range(30)]
    answered = 0
    while not all(guess.done() for guess in guesses):
        assert (await cc.get("/healthz")).status_code == 200
        answered += 1
    answers = Counter(problem(guess.result()) for guess in guesses)
    assert answers.keys() == {(401, "UNAUTHENTICATED"), (429, "RATE_LIMITED")}
    assert answers[401, "UNAUTHENTICATED"] >= 3
    assert all(int(guess.result().headers["retry-after"]) > 0 for guess in guesses if guess.result().status_code == 429)
    assert answered > answers[401, "UNAUTHENTICATED"]  # a loop that waits for argon2 answers less often than it checks


async def test_logins_failed_ones_and_reading_personal_data_are_in_the_audit_log_with_their_request(
    cc: httpx.AsyncClient, market: Market, email: str, rina: Person
) -> None:
    mitra = market.mitra()
    session = market.session(market.customer(), mitra)
    answers = {
        "login.failed": await log_in(cc, email, "a slip", "203.0.113.7"),
        "login": await log_in(cc, email, PASSWORD, "203.0.113.7"),
    }
    headers = bearer(answers["login"].json()["access_token"])
    reads = {
        str(session): await cc.get(f"/internal/chat-sessions/{session}", headers=headers),
        "chat_sessions": await cc.get("/internal/chat-sessions", headers=headers),
        "mitras": await cc.get("/internal/mitras", headers=headers),
    }
    reseed = await cc.post("/internal/mirror/reseed", headers=headers)
    assert reseed.status_code == 202
    written = "SELECT array_agg(request_id) FROM core.audit_log WHERE action = %s"
    for action, answer in answers.items():
        assert market.value(written, action) == [answer.headers["x-request-id"]]
    assert market.value(written, "mirror.reseed") == [reseed.headers["x-request-id"]]
    assert market.value(
        "SELECT jsonb_object_agg(subject, request_id) FROM core.audit_log WHERE action = 'pii.read'"
    ) == {subject: answer.headers["x-request-id"] for subject, answer in reads.items()}
    assert market.value("SELECT bool_and(actor = 'cc:' || %s) FROM core.audit_log WHERE action = 'pii.read'", email)


async def test_the_tokens_of_an_operator_who_was_switched_off_are_of_no_use_any_more(
    cc: httpx.AsyncClient, market: Market, email: str, rina: Person
) -> None:
    tokens = (await log_in(cc, email, PASSWORD, "203.0.113.7")).json()
    market.value("UPDATE core.control_center_users SET is_active = false WHERE id = %s RETURNING id", rina.id)
    refreshed = await cc.post("/internal/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert problem(refreshed) == (401, "UNAUTHENTICATED")
    me = await cc.get("/internal/me", headers=bearer(tokens["access_token"]))
    assert problem(me) == (401, "UNAUTHENTICATED")


async def test_an_access_token_is_of_no_use_after_logout_while_another_login_goes_on(
    cc: httpx.AsyncClient, email: str
) -> None:
    gone, stays = [bearer((await log_in(cc, email, PASSWORD, "203.0.113.7")).json()["access_token"]) for _ in range(2)]
    assert (await cc.post("/internal/auth/logout", headers=gone)).status_code == 204
    assert problem(await cc.get("/internal/dashboard", headers=gone)) == (401, "UNAUTHENTICATED")
    assert problem(await cc.get("/internal/me", headers=gone)) == (401, "UNAUTHENTICATED")
    assert (await cc.get("/internal/me", headers=stays)).status_code == 200
