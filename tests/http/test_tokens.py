"""Access tokens: what is believed and what is not."""

import base64
import json
import time
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest
import time_machine

from app.auth.tokens import ACCESS_TTL_SECONDS, ALGORITHM, AUDIENCE, CACHED_TOKENS, ISSUER, Tokens, key_id
from app.problems import Problem
from tests.support.http_apps import problem
from tests.support.market import Market
from tests.support.tokens import TEST_JWT_SECRET, bearer

OTHER_SECRET = "another-secret-that-only-tests-know-0123456789"


def claims(**changes: object) -> dict[str, Any]:
    """Whole claims, changed; None takes a claim away."""
    now = int(time.time())
    whole: dict[str, Any] = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": str(uuid4()),
        "typ": "customer",
        "sid": str(uuid4()),
        "iat": now,
        "exp": now + ACCESS_TTL_SECONDS,
        "jti": uuid4().hex,
    } | changes
    return {name: value for name, value in whole.items() if value is not None}


def signed(payload: dict[str, Any], *, secret: str = TEST_JWT_SECRET, **headers: object) -> str:
    return jwt.encode(payload, secret, algorithm=ALGORITHM, headers={"kid": key_id(TEST_JWT_SECRET)} | headers)


def unsigned(payload: dict[str, Any], header: dict[str, Any]) -> str:
    parts = (base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, payload))
    return ".".join([*parts, ""])


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(TEST_JWT_SECRET)


def refused(tokens: Tokens, token: str) -> bool:
    with pytest.raises(Problem) as caught:
        tokens.read(token)
    return caught.value.code == "UNAUTHENTICATED"


def test_an_issued_token_says_who_it_is_for_and_ends_after_fifteen_minutes(tokens: Tokens) -> None:
    user_id, session_id = uuid4(), uuid4()
    read = tokens.read(tokens.issue("mitra", user_id, session_id))
    assert (read.sub, read.typ, read.sid) == (user_id, "mitra", session_id)
    assert read.exp - read.iat == 15 * 60


def test_a_token_expires_to_the_second_though_it_was_believed_before(tokens: Tokens) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False) as clock:
        token = tokens.issue("customer", uuid4(), uuid4())
        clock.shift(ACCESS_TTL_SECONDS - 1)
        tokens.read(token)
        clock.shift(1)
        assert refused(tokens, token)
        assert refused(Tokens(TEST_JWT_SECRET), token)


def test_a_token_may_be_issued_ten_seconds_ahead_of_this_clock_and_no_more(tokens: Tokens) -> None:
    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        now = int(time.time())
        assert tokens.read(signed(claims(iat=now + 10))).iat == now + 10
        assert refused(tokens, signed(claims(iat=now + 11)))
        assert refused(tokens, signed(claims(iat=now - 900, exp=now)))


def test_a_token_signed_with_an_old_secret_is_still_believed() -> None:
    user_id = uuid4()
    old = Tokens(OTHER_SECRET).issue("customer", user_id, uuid4())
    assert Tokens(TEST_JWT_SECRET, [OTHER_SECRET]).read(old).sub == user_id
    assert refused(Tokens(TEST_JWT_SECRET), old)


def test_new_tokens_are_signed_with_the_present_secret_only() -> None:
    token = Tokens(TEST_JWT_SECRET, [OTHER_SECRET]).issue("customer", uuid4(), uuid4())
    assert jwt.get_unverified_header(token)["kid"] == key_id(TEST_JWT_SECRET)


@pytest.mark.parametrize("missing", ["iss", "aud", "sub", "typ", "sid", "exp", "iat", "jti"])
def test_a_token_that_lacks_a_claim_is_refused(tokens: Tokens, missing: str) -> None:
    assert refused(tokens, signed(claims(**{missing: None})))


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "someone-else"},
        {"aud": [AUDIENCE, "someone-else"]},
        {"iss": "someone-else"},
        {"typ": "admin"},
        {"sub": "not-a-uuid"},
        {"sid": 7},
        {"exp": 1},
        {"exp": "tomorrow"},
        {"exp": None},
        {"iat": 2**40},
        {"jti": 7},
    ],
    ids=str,
)
def test_a_token_with_a_wrong_claim_is_refused(tokens: Tokens, wrong: dict[str, object]) -> None:
    assert refused(tokens, signed(claims(**wrong)))


@pytest.mark.parametrize(
    "kid",
    ["unknown", "", None, 7, ["a"], {"a": 1}, "../../etc/passwd", "' OR 1=1 --", "\u0000", "x" * 5000],
    ids=repr,
)
def test_a_token_with_an_unknown_or_hostile_key_id_is_refused(tokens: Tokens, kid: object) -> None:
    header = {"alg": ALGORITHM, "typ": "JWT", "kid": kid}
    parts = signed(claims()).split(".")
    parts[0] = base64.urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")
    assert refused(tokens, ".".join(parts))


def test_a_token_without_a_key_id_is_refused(tokens: Tokens) -> None:
    assert refused(tokens, jwt.encode(claims(), TEST_JWT_SECRET, algorithm=ALGORITHM))


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "RS256", "HS384", ""])
def test_a_token_that_names_another_algorithm_is_refused(tokens: Tokens, algorithm: str) -> None:
    assert refused(tokens, unsigned(claims(), {"alg": algorithm, "typ": "JWT", "kid": key_id(TEST_JWT_SECRET)}))


def test_a_token_really_signed_with_another_algorithm_is_refused(tokens: Tokens) -> None:
    token = jwt.encode(
        claims(), TEST_JWT_SECRET.ljust(64, "x"), algorithm="HS512", headers={"kid": key_id(TEST_JWT_SECRET)}
    )
    assert refused(tokens, token)


def test_a_token_signed_with_a_wrong_secret_is_refused(tokens: Tokens) -> None:
    assert refused(tokens, signed(claims(), secret=OTHER_SECRET))


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.è.ê", "x" * 100_000, "eyJhbGciOiJIUzI1NiJ9.e30."])
def test_what_is_no_token_is_refused(tokens: Tokens, token: str) -> None:
    assert refused(tokens, token)


def test_one_changed_character_is_noticed(tokens: Tokens) -> None:
    token = tokens.issue("customer", uuid4(), uuid4())
    tokens.read(token)
    head, body, signature = token.split(".")
    changed = "A" if signature[4] != "A" else "B"
    assert refused(tokens, f"{head}.{body}.{signature[:4]}{changed}{signature[5:]}")


def test_remembering_tokens_takes_bounded_memory(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    assert CACHED_TOKENS <= 100_000
    monkeypatch.setattr("app.auth.tokens.CACHED_TOKENS", 10)
    first = tokens.issue("customer", uuid4(), uuid4())
    for token in [first, *(tokens.issue("customer", uuid4(), uuid4()) for _ in range(30))]:
        tokens.read(token)
    assert len(tokens._read) == 10
    assert tokens.read(first).typ == "customer"


async def test_a_request_without_a_good_token_is_answered_with_unauthenticated(api: httpx.AsyncClient) -> None:
    for header in ("", "Bearer", "Basic dXNlcjpwYXNz", "Token abc", "Bearer a.b.c"):
        answer = await api.get("/api/me", headers={"Authorization": header})
        assert problem(answer) == (401, "UNAUTHENTICATED"), header
        assert answer.headers["www-authenticate"] == "Bearer"
    assert problem(await api.get("/api/me")) == (401, "UNAUTHENTICATED")


async def test_a_refresh_token_is_no_access_token(api: httpx.AsyncClient) -> None:
    tokens = (await api.post("/api/auth/customer/anonymous")).json()
    assert problem(await api.get("/api/me", headers=bearer(tokens["refresh_token"]))) == (401, "UNAUTHENTICATED")


async def test_an_access_token_is_no_refresh_token(api: httpx.AsyncClient) -> None:
    tokens = (await api.post("/api/auth/customer/anonymous")).json()
    answer = await api.post("/api/auth/refresh", json={"refresh_token": tokens["access_token"]})
    assert problem(answer) == (401, "UNAUTHENTICATED")


async def test_a_token_of_the_wrong_type_is_answered_with_forbidden(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    customer, mitra, operator = market.customer(), market.mitra(), market.operator()
    for person in (customer, operator):
        assert problem(await api.get("/api/mitra/status", headers=person.headers)) == (403, "FORBIDDEN")
    for person in (mitra, operator):
        answer = await api.post("/api/payment-requests", json={"package_id": str(uuid4())}, headers=person.headers)
        assert problem(answer) == (403, "FORBIDDEN")
    for person in (customer, mitra):
        assert problem(await internal.get("/internal/dashboard", headers=person.headers)) == (403, "FORBIDDEN")
