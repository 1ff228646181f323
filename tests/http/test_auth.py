"""Logging in, staying logged in, logging out."""

import asyncio
from uuid import UUID, uuid4

import httpx
import pytest

from tests.http.market import Market, bearer, problem, sha256

PHONE = "+6281211112222"


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


async def test_of_a_hundred_guesses_at_once_at_most_five_are_evaluated(api: httpx.AsyncClient, market: Market) -> None:
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


async def test_a_refresh_token_is_good_once_and_gives_new_tokens(api: httpx.AsyncClient) -> None:
    tokens = await anonymous(api)
    refreshed = await api.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert refreshed.status_code == 200
    assert refreshed.json()["refresh_token"] != tokens["refresh_token"]
    assert refreshed.json()["user"] == tokens["user"]
    me = await api.get("/api/me", headers=bearer(refreshed.json()["access_token"]))
    assert me.status_code == 200


async def test_using_a_rotated_refresh_token_again_ends_the_whole_family(api: httpx.AsyncClient) -> None:
    old = (await anonymous(api))["refresh_token"]
    new = (await api.post("/api/auth/refresh", json={"refresh_token": old})).json()["refresh_token"]
    assert problem(await api.post("/api/auth/refresh", json={"refresh_token": old})) == (401, "UNAUTHENTICATED")
    assert problem(await api.post("/api/auth/refresh", json={"refresh_token": new})) == (401, "UNAUTHENTICATED")


async def test_fifty_refreshes_at_once_leave_one_live(
    api: httpx.AsyncClient, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    # At once means: before the first answer. A machine that does much else besides needs longer to read them all.
    monkeypatch.setattr("app.http.twins.HOLD_SECONDS", 2.0)
    old = (await anonymous(api))["refresh_token"]
    answers = await asyncio.gather(*(api.post("/api/auth/refresh", json={"refresh_token": old}) for _ in range(50)))
    winners = [answer for answer in answers if answer.status_code == 200]
    assert len(winners) == 1
    assert {problem(answer) for answer in answers if answer not in winners} == {(401, "UNAUTHENTICATED")}
    assert market.value("SELECT count(*) FROM core.auth_sessions WHERE revoked_at IS NULL") == 1
    live = winners[0].json()["refresh_token"]
    assert (await api.post("/api/auth/refresh", json={"refresh_token": live})).status_code == 200


async def test_an_unknown_refresh_token_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/auth/refresh", json={"refresh_token": "nobody's"})
    assert problem(answer) == (401, "UNAUTHENTICATED")


async def test_a_control_centre_refresh_token_is_refused_on_the_public_app_and_stays_good(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    operator = market.operator()
    market.value("SELECT auth_session_id FROM api.open_cc_login(%s, %s)", operator.id, sha256("theirs"))
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
    assert problem(await api.get("/api/me", headers=market.sign("customer", uuid4()).headers)) == (404, "NOT_FOUND")


async def test_replies_with_tokens_are_never_cached(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/auth/customer/anonymous")
    assert answer.headers["cache-control"] == "no-store"
