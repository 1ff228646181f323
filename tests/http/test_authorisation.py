"""Who may do what, for every operation of both OpenAPI documents: a new route is in here, or the test fails."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from app.auth.tokens import UserType
from tests.support.http_apps import problem
from tests.support.market import Market, Person
from tests.support.tables import changed, digests

Answer = tuple[int, str]

# Whoever holds a device knows its push token, and only devices do: it goes to the user who logs in there last.
OF_ONE_DEVICE = "/api/me/push-tokens/{token}"

STRANGERS: Mapping[str, Answer] = {
    "/api/chat/{session_id}/extensions": (409, "SESSION_NOT_ACTIVE"),
    "/api/chat/{session_id}/extensions/{extension_id}/respond": (403, "FORBIDDEN"),
}
"""What strangers are told where it is not 404; it too says nothing about whether the thing is there."""


@dataclass(frozen=True)
class Asked:
    """One operation of a document, and what is asked of it."""

    method: str
    template: str
    allow: frozenset[UserType]
    body: Mapping[str, Any] | None

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def names_an_object(self) -> bool:
        return "{" in self.template and self.template != OF_ONE_DEVICE

    async def by(self, client: httpx.AsyncClient, headers: Mapping[str, str], values: Mapping[str, object]) -> Any:
        """The answer to somebody with these headers; the ids in path and body are taken from `values`."""
        path = re.sub(r"\{(\w+)\}", lambda name: str(values[name[1]]), self.template)
        body = None if self.body is None else {key: _value(key, said, values) for key, said in self.body.items()}
        return await client.request(self.method, path, json=body, headers=dict(headers))


def _value(key: str, said: object, values: Mapping[str, object]) -> object:
    return str(values[key]) if key.endswith("_id") and key != "client_message_id" else said


async def operations(client: httpx.AsyncClient) -> list[Asked]:
    """All operations of an app's document that ask who asks."""

    def found() -> Iterator[Asked]:
        for template, methods in document["paths"].items():
            for method, told in methods.items():
                content = told.get("requestBody", {}).get("content", {})
                body = content["application/json"]["example"] if content else None
                if allow := told.get("x-allow"):
                    yield Asked(method.upper(), template, frozenset(allow), body)
                else:
                    assert template.startswith(("/api/", "/internal/auth/", "/healthz", "/readyz")), template

    document = (await client.get("/openapi.json")).json()
    return [*found()]


@pytest.fixture
def things(market: Market, session: UUID, customer: Person, mitra: Person) -> dict[str, object]:
    """What the customer and the mitra have, by the names that paths and bodies use."""
    extension = market.extension(session)
    payment = market.value("SELECT payment_request_id FROM core.session_extensions WHERE id = %s", extension)
    [offer] = market.offer(market.customer(), mitra)
    return {
        "session_id": session,
        "extension_id": extension,
        "payment_request_id": payment,
        "extension_payment_request_id": payment,
        "offer_id": offer,
        "preferred_mitra_id": mitra.id,
        "package_id": market.package(),
        "token": "a-device",
    }


async def test_nobody_but_its_parties_finds_an_object_of_the_public_app(
    api: httpx.AsyncClient,
    market: Market,
    conn: psycopg.Connection,
    things: dict[str, object],
    customer: Person,
    mitra: Person,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parties: dict[UserType, Person] = {"customer": customer, "mitra": mitra}
    strangers: dict[UserType, Person] = {
        "customer": market.customer(), "mitra": market.mitra(), "cc": market.operator()
    }  # fmt: skip
    with monkeypatch.context() as past:
        past.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", -1)
        expired = {"Authorization": f"Bearer {customer.token()}"}
    nothing = {name: uuid4() if isinstance(value, UUID) else value for name, value in things.items()}
    asked = await operations(api)
    before = digests(conn)
    for one in asked:
        for headers in ({}, expired, {"Authorization": "Bearer a.b.c"}):
            assert problem(await one.by(api, headers, things)) == (401, "UNAUTHENTICATED"), one
        for kind, stranger in strangers.items():
            if kind not in one.allow:
                for person in (stranger, parties.get(kind, stranger)):
                    assert problem(await one.by(api, person.headers, things)) == (403, "FORBIDDEN"), (one, kind)
            elif one.names_an_object:
                answer = await one.by(api, stranger.headers, things)
                assert problem(answer) == STRANGERS.get(one.template, (404, "NOT_FOUND")), (one, kind)
                missing = await one.by(api, stranger.headers, nothing)
                assert told(answer) == told(missing), (one, "what is another's looks other than what is not there")
    assert changed(conn, before) == set()
    # The ids were right: its parties find each of them.
    found = 0
    for one in asked:
        for kind in one.allow if one.names_an_object else ():
            answer = await one.by(api, parties[kind].headers, things)
            assert answer.status_code not in (401, 403, 404, 422), (one, kind, answer.text)
            found += 1
    assert found > 20


def told(answer: httpx.Response) -> dict[str, Any]:
    """A refusal without what differs from request to request."""
    body: dict[str, Any] = answer.json()
    return {name: value for name, value in body.items() if name not in ("request_id", "instance")}


async def test_a_payment_names_no_session_and_no_mitra_of_others(
    api: httpx.AsyncClient, market: Market, things: dict[str, object]
) -> None:
    stranger = market.customer()
    extension = market.package(is_extension=True)
    others: list[dict[str, object]] = [
        {"package_id": str(extension), "is_extension": True, "session_id": str(things["session_id"])},
        {"package_id": str(things["package_id"]), "preferred_mitra_id": str(things["preferred_mitra_id"])},
    ]
    for body in others:
        answer = await api.post("/api/payment-requests", json=body, headers=stranger.headers)
        nowhere = {name: str(uuid4()) if name in ("session_id", "preferred_mitra_id") else said
                   for name, said in body.items()}  # fmt: skip
        missing = await api.post("/api/payment-requests", json=nowhere, headers=stranger.headers)
        assert problem(answer) == (404, "NOT_FOUND"), body
        assert told(answer) == told(missing), body


async def test_an_operator_whose_login_ended_or_who_was_switched_off_does_nothing_in_the_control_centre(
    internal: httpx.AsyncClient, market: Market, conn: psycopg.Connection
) -> None:
    left, switched_off = market.operator(), market.operator()
    market.value("SELECT api.logout(%s)", left.login)
    conn.execute("UPDATE core.control_center_users SET is_active = false WHERE id = %s", [switched_off.id])
    asked = await operations(internal)
    nowhere = _Anything()
    before = digests(conn)
    for one in asked:
        for person in (left, switched_off):
            if one.template != "/internal/auth/logout":
                assert problem(await one.by(internal, person.headers, nowhere)) == (401, "UNAUTHENTICATED"), one
    assert changed(conn, before) == set()
    assert len(asked) > 60


class _Anything(dict[str, object]):
    """An id that leads to nothing, for whatever name."""

    def __missing__(self, name: str) -> UUID:
        return uuid4()
