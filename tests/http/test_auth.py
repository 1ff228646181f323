"""Logging in, staying logged in, logging out."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from pydantic import SecretStr

from app.auth.tokens import key_id
from app.serving.apps import create_internal_app, create_public_app
from app.settings import ApiSettings, InternalSettings
from tests.support.http_apps import problem, serving, valkey_away
from tests.support.market import Market
from tests.support.tokens import TEST_JWT_SECRET, bearer, sha256

PHONE = "+6281211112222"
OTHER_SECRET = "another-secret-that-only-tests-know-0123456789"


async def log_in(api: httpx.AsyncClient, phone: str, user_type: str, **headers: str) -> httpx.Response:
    requested = await api.post("/api/auth/otp/request", json={"phone": phone, "user_type": user_type})
    assert requested.status_code == 202
    return await api.post(
        "/api/auth/otp/verify", json={"phone": phone, "user_type": user_type, "code": "000000"}, headers=headers
    )


async def anonymous(api: httpx.AsyncClient) -> dict[str, str]:
    answer = await api.post("/api/auth/customer/anonymous")
    assert answer.status_code == 201, answer.text
    tokens: dict[str, str] = answer.json()
    return tokens


async def test_an_anonymous_customer_gets_tokens_that_work(api: httpx.AsyncClient) -> None:
    tokens = (await api.post("/api/auth/customer/anonymous", json={})).json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] == 900
    assert tokens["user"]["type"] == "customer"
    me = await api.get("/api/me", headers=bearer(tokens["access_token"]))
    assert me.status_code == 200
    assert me.json()["id"] == tokens["user"]["id"]
    assert me.json()["is_anonymous"] is True


async def test_an_unknown_customers_phone_makes_an_account_and_a_known_one_finds_it(api: httpx.AsyncClient) -> None:
    first = await log_in(api, "0812-1111-2222", "customer")
    again = await log_in(api, PHONE, "customer")
    assert first.status_code == again.status_code == 200
    assert first.json()["user"]["id"] == again.json()["user"]["id"]
    me = await api.get("/api/me", headers=bearer(again.json()["access_token"]))
    assert me.json()["phone"] == PHONE
    assert me.json()["is_anonymous"] is False


@pytest.mark.parametrize(
    "pasted",
    [
        "+62\u00a0812\u00a01111\u00a02222",
        "\u202a+62 812\u20111111\u20112222\u202c",
        "\ufeff0812\u200b1111\u200b2222\u2060",
        "00 62 812 1111 2222",
        "00\u00a062\u202f812\u202f1111\u202f2222",
        "\uff0b\uff16\uff12 812 1111 2222",
    ],
    ids=[
        "no-break spaces",
        "bidi marks and no-break hyphens",
        "zero-width characters",
        "00",
        "00, pasted",
        "full width",
    ],
)
async def test_a_phone_as_it_is_pasted_is_the_same_phone(api: httpx.AsyncClient, pasted: str) -> None:
    known = (await log_in(api, PHONE, "customer")).json()["user"]["id"]
    answer = await log_in(api, pasted, "customer")
    assert (answer.status_code, answer.json()["user"]["id"]) == (200, known)


async def test_a_mitra_logs_in_by_phone(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra(phone=PHONE)
    answer = await log_in(api, PHONE, "mitra")
    assert answer.json()["user"] == {"id": str(mitra.id), "type": "mitra", "display_name": "Sari"}


async def test_an_unknown_mitras_phone_is_answered_like_any_other_and_refused_at_the_code(
    api: httpx.AsyncClient,
) -> None:
    assert problem(await log_in(api, PHONE, "mitra")) == (401, "OTP_INVALID")


async def test_a_wrong_code_is_refused_with_otp_invalid(api: httpx.AsyncClient) -> None:
    await api.post("/api/auth/otp/request", json={"phone": PHONE, "user_type": "customer"})
    wrong = {"phone": PHONE, "user_type": "customer", "code": "123456"}
    assert problem(await api.post("/api/auth/otp/verify", json=wrong)) == (401, "OTP_INVALID")


async def test_a_code_is_good_for_one_login(api: httpx.AsyncClient) -> None:
    right = {"phone": PHONE, "user_type": "customer", "code": "000000"}
    assert (await log_in(api, PHONE, "customer")).status_code == 200
    assert problem(await api.post("/api/auth/otp/verify", json=right)) == (401, "OTP_INVALID")


@pytest.mark.parametrize("valkey", ["up", "down"])
async def test_of_a_hundred_guesses_at_once_at_most_five_are_evaluated(
    api_settings: ApiSettings, market: Market, valkey: str
) -> None:
    settings = api_settings if valkey == "up" else api_settings.model_copy(update={"valkey_url": valkey_away()})
    async with serving(create_public_app(settings)) as api:
        await guess_at_once(api, market)


async def guess_at_once(api: httpx.AsyncClient, market: Market) -> None:
    await api.post("/api/auth/otp/request", json={"phone": PHONE, "user_type": "customer"})
    guesses = [
        api.post("/api/auth/otp/verify", json={"phone": PHONE, "user_type": "customer", "code": f"{1 + guess:06d}"})
        for guess in range(100)
    ]
    answers = await asyncio.gather(*guesses)
    assert {problem(answer) for answer in answers} == {(401, "OTP_INVALID")}
    assert market.value("SELECT tries FROM core.otp_challenges WHERE phone = %s", PHONE) <= 5
    right = {"phone": PHONE, "user_type": "customer", "code": "000000"}
    assert problem(await api.post("/api/auth/otp/verify", json=right)) == (401, "OTP_INVALID")


async def test_a_deactivated_mitra_is_refused_at_the_code(api: httpx.AsyncClient, market: Market) -> None:
    market.deactivate(market.mitra(phone=PHONE))
    assert problem(await log_in(api, PHONE, "mitra")) == (403, "MITRA_DEACTIVATED")


async def test_an_anonymous_customer_is_upgraded_by_a_phone(api: httpx.AsyncClient) -> None:
    tokens = await anonymous(api)
    upgraded = await log_in(api, PHONE, "customer", **bearer(tokens["access_token"]))
    assert upgraded.json()["user"]["id"] == UUID(tokens["user"]["id"]).__str__()  # type: ignore[index]


async def test_an_anonymous_customer_logs_in_as_the_phones_owner(api: httpx.AsyncClient) -> None:
    owner = (await log_in(api, PHONE, "customer")).json()["user"]
    tokens = await anonymous(api)
    merged = await log_in(api, PHONE, "customer", **bearer(tokens["access_token"]))
    assert merged.json()["user"] == owner


async def test_an_anonymous_customer_with_an_open_session_does_not_become_another(
    api: httpx.AsyncClient, market: Market
) -> None:
    await log_in(api, PHONE, "customer")
    customer = market.customer()
    market.search(customer)
    refused = await log_in(api, PHONE, "customer", **customer.headers)
    assert problem(refused) == (409, "SESSION_ALREADY_OPEN")


async def test_a_bad_token_at_the_code_is_refused_rather_than_forgotten(api: httpx.AsyncClient) -> None:
    assert problem(await log_in(api, PHONE, "customer", **bearer("nonsense"))) == (401, "UNAUTHENTICATED")


async def test_no_code_is_kept_in_clear(api: httpx.AsyncClient, market: Market) -> None:
    await api.post("/api/auth/otp/request", json={"phone": PHONE, "user_type": "customer"})
    kept: bytes = market.value("SELECT code_hash FROM core.otp_challenges WHERE phone = %s", PHONE)
    assert len(kept) == 32
    assert kept != sha256("000000")


async def refresh(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post("/api/auth/refresh", json={"refresh_token": token})


async def refreshed(api: httpx.AsyncClient, token: str) -> str:
    """The token that comes after this one."""
    answer = await refresh(api, token)
    assert answer.status_code == 200, answer.text
    successor: str = answer.json()["refresh_token"]
    return successor


def live_tokens(market: Market) -> int:
    live: int = market.value("SELECT count(*) FROM core.auth_sessions WHERE revoked_at IS NULL")
    return live


def pass_seconds(market: Market, seconds: int) -> None:
    """Make every refresh so much older."""
    market.value(
        "UPDATE core.auth_sessions SET refreshed_at = refreshed_at - make_interval(secs => %s) RETURNING id", seconds
    )


@asynccontextmanager
async def instance(settings: ApiSettings, secret: str, *old_secrets: str) -> AsyncIterator[httpx.AsyncClient]:
    """Another instance of the public app, with these secrets."""
    secrets = {"auth_jwt_secret": SecretStr(secret), "auth_jwt_old_secrets": [SecretStr(one) for one in old_secrets]}
    async with serving(create_public_app(settings.model_copy(update=secrets))) as client:
        yield client


async def test_a_refresh_token_gives_new_tokens(api: httpx.AsyncClient) -> None:
    tokens = await anonymous(api)
    answer = await refresh(api, tokens["refresh_token"])
    assert answer.status_code == 200
    assert answer.json()["refresh_token"] != tokens["refresh_token"]
    assert answer.json()["user"] == tokens["user"]
    me = await api.get("/api/me", headers=bearer(answer.json()["access_token"]))
    assert me.status_code == 200


async def test_fifty_refreshes_at_once_on_two_instances_get_one_live_token(
    api: httpx.AsyncClient, api_settings: ApiSettings, market: Market
) -> None:
    old = (await anonymous(api))["refresh_token"]
    async with instance(api_settings, TEST_JWT_SECRET) as other:
        answers = await asyncio.gather(*(refresh(client, old) for client in (api, other) for _ in range(25)))
        assert {answer.status_code for answer in answers} == {200}
        (live,) = {answer.json()["refresh_token"] for answer in answers}
        assert live_tokens(market) == 1
        assert await refreshed(other, live) != live


@pytest.mark.parametrize("seconds", [1, 31, 3_600])
async def test_a_lost_answer_signs_nobody_out(
    api: httpx.AsyncClient, api_settings: ApiSettings, market: Market, seconds: int
) -> None:
    old = (await anonymous(api))["refresh_token"]
    lost = await refreshed(api, old)
    pass_seconds(market, seconds)
    async with instance(api_settings, TEST_JWT_SECRET) as other:
        again = await refreshed(other, old)
        assert (again == lost) == (seconds < 30)
        assert live_tokens(market) == 1
        assert await refreshed(api, again)


async def test_answers_lost_one_after_another_sign_nobody_out(api: httpx.AsyncClient, market: Market) -> None:
    old = (await anonymous(api))["refresh_token"]
    seen = []
    for _ in range(6):
        seen.append(await refreshed(api, old))
        pass_seconds(market, 31)
    assert len(set(seen)) == 6
    assert live_tokens(market) == 1
    assert await refreshed(api, seen[-1])


async def test_a_token_whose_successor_was_refreshed_ends_the_whole_family(
    api: httpx.AsyncClient, market: Market
) -> None:
    old = (await anonymous(api))["refresh_token"]
    newest = await refreshed(api, await refreshed(api, old))
    pass_seconds(market, 31)
    assert problem(await refresh(api, old)) == (401, "UNAUTHENTICATED")
    assert problem(await refresh(api, newest)) == (401, "UNAUTHENTICATED")
    assert live_tokens(market) == 0


async def test_a_replaced_token_ends_the_whole_family(api: httpx.AsyncClient, market: Market) -> None:
    old = (await anonymous(api))["refresh_token"]
    replaced = await refreshed(api, old)
    pass_seconds(market, 31)
    present = await refreshed(api, old)
    assert problem(await refresh(api, replaced)) == (401, "UNAUTHENTICATED")
    assert problem(await refresh(api, present)) == (401, "UNAUTHENTICATED")


async def test_a_token_that_the_last_release_rotated_ends_the_whole_family(
    api: httpx.AsyncClient, market: Market
) -> None:
    old = (await anonymous(api))["refresh_token"]
    live = await refreshed(api, old)
    market.value(
        "UPDATE core.auth_sessions SET generation = NULL, refreshed_at = NULL, successor_hash = NULL RETURNING id"
    )
    assert problem(await refresh(api, old)) == (401, "UNAUTHENTICATED")
    assert problem(await refresh(api, live)) == (401, "UNAUTHENTICATED")


async def test_while_the_secret_is_changed_every_instance_gives_the_same_answer(
    api: httpx.AsyncClient, api_settings: ApiSettings, market: Market
) -> None:
    old = (await anonymous(api))["refresh_token"]
    first = await refreshed(api, old)
    async with instance(api_settings, OTHER_SECRET, TEST_JWT_SECRET) as changed:
        assert await refreshed(changed, old) == first
        pass_seconds(market, 31)
        second = await refreshed(changed, old)
        assert second != first
        # An instance that does not know the new secret yet can't give that answer, and does no harm.
        refused = await refresh(api, old)
        assert problem(refused) == (503, "SERVICE_UNAVAILABLE")
        assert int(refused.headers["retry-after"]) > 0
        assert await refreshed(changed, second)
        assert live_tokens(market) == 1


async def test_a_change_of_the_secret_signs_nobody_out_and_no_code_becomes_wrong(
    api_settings: ApiSettings, internal_settings: InternalSettings, market: Market
) -> None:
    """First the next secret verifies, on all instances; then it signs; then the former secret is forgotten."""
    operator = market.operator()
    cookie = {"Cookie": "halo=of-a-browser"}
    opened = "SELECT auth_session_id FROM api.open_cc_web_session(%s, %s, 'here')"
    assert market.value(opened, operator.id, sha256("of-a-browser"))
    signed: list[str] = []
    refresh_token = ""
    for secret, others in (
        (TEST_JWT_SECRET, []),
        (TEST_JWT_SECRET, [OTHER_SECRET]),
        (OTHER_SECRET, [TEST_JWT_SECRET]),
        (OTHER_SECRET, []),
    ):
        async with instance(api_settings, secret, *others) as client:
            if not signed:
                tokens = await anonymous(client)
                refresh_token = str(tokens["refresh_token"])
                signed.append(str(tokens["access_token"]))
            if others:  # a code that was sent before this step
                right = {"phone": PHONE, "user_type": "customer", "code": "000000"}
                assert (await client.post("/api/auth/otp/verify", json=right)).status_code == 200
            if secret == OTHER_SECRET and not others:
                signed = [token for token in signed if jwt.get_unverified_header(token)["kid"] == key_id(OTHER_SECRET)]
                assert signed
            for token in signed:
                assert (await client.get("/api/me", headers=bearer(token))).status_code == 200, (secret, others)
            answer = await refresh(client, refresh_token)
            assert answer.status_code == 200, (secret, others)
            refresh_token = answer.json()["refresh_token"]
            signed.append(answer.json()["access_token"])
            await client.post("/api/auth/otp/request", json={"phone": PHONE, "user_type": "customer"})
        changed = {"auth_jwt_secret": SecretStr(secret), "auth_jwt_old_secrets": [SecretStr(one) for one in others]}
        async with serving(create_internal_app(internal_settings.model_copy(update=changed))) as client:
            assert (await client.get("/internal/me", headers=cookie)).status_code == 200, (secret, others)


async def test_an_unknown_refresh_token_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/auth/refresh", json={"refresh_token": "nobody's"})
    assert problem(answer) == (401, "UNAUTHENTICATED")


async def test_a_control_centre_refresh_token_is_refused_on_the_public_app_and_stays_good(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    operator = market.operator()
    market.value("SELECT auth_session_id FROM api.open_cc_login(%s, %s, 'here')", operator.id, sha256("theirs"))
    refused = await api.post("/api/auth/refresh", json={"refresh_token": "theirs"})
    assert problem(refused) == (401, "UNAUTHENTICATED")
    assert (await internal.post("/internal/auth/refresh", json={"refresh_token": "theirs"})).status_code == 200


async def test_logging_out_ends_the_login(api: httpx.AsyncClient) -> None:
    tokens = await anonymous(api)
    gone = await api.post("/api/auth/logout", headers=bearer(tokens["access_token"]))
    assert gone.status_code == 204
    assert gone.content == b""
    refused = await api.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert problem(refused) == (401, "UNAUTHENTICATED")


async def test_an_account_that_is_not_there_has_no_profile(api: httpx.AsyncClient, market: Market) -> None:
    assert problem(await api.get("/api/me", headers=market.log_in("customer", uuid4()).headers)) == (404, "NOT_FOUND")


async def test_replies_with_tokens_are_never_cached(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/auth/customer/anonymous")
    assert answer.headers["cache-control"] == "no-store"
