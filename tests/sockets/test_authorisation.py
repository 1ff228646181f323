"""Who may say what on a socket, for every command of the AsyncAPI document: a new command is in here, or it fails."""

import uuid
from typing import Any

import httpx
import psycopg
import pytest

from app.auth.tokens import Tokens
from tests.support.frames import MESSAGES, types
from tests.support.market import Market, Person
from tests.support.sockets import Api, Frame
from tests.support.tables import changed, digests
from tests.support.tokens import TEST_JWT_SECRET

COMMANDS: dict[str, Frame] = {
    message["name"]: message["examples"][0]["payload"]
    for message in MESSAGES.values()
    if message["tags"] == [{"name": "client"}]
}

OF_A_SESSION = {"message", "read", "typing"}
"""Strangers get NOT_FOUND, for a session of others as for a session that is not there."""
OF_ONESELF: dict[str, str | None] = {"auth": "UNAUTHENTICATED", "heartbeat": "FORBIDDEN"}
"""What a customer is told: the token of the example is none, and only a mitra beats."""
ALSO_FOR_STRANGERS = {"resume", "subscribe"}
"""The user's own events, and the beacon. What `resume` asks of a session of others is NOT_FOUND."""


def command(type_: str, session: uuid.UUID) -> Frame:
    """The document's example, about a session."""
    about: Frame = {"session_id": str(session), "sessions": {str(session): 0}}
    return {name: about.get(name, said) for name, said in COMMANDS[type_].items()}


def test_the_matrix_has_every_command() -> None:
    assert COMMANDS.keys() == types("client")
    assert COMMANDS.keys() == OF_A_SESSION | OF_ONESELF.keys() | ALSO_FOR_STRANGERS


@pytest.mark.parametrize("type_", sorted(COMMANDS))
async def test_before_a_token_every_command_closes_with_4401_and_does_nothing(
    api: Api, conn: psycopg.Connection, session: uuid.UUID, type_: str
) -> None:
    before = digests(conn)
    async with api.socket(None) as device:
        await device.send(**command(type_, session))
        assert await device.closed() == 4401
    assert changed(conn, before) == set()


async def test_no_token_but_a_living_access_token_of_an_app_opens_a_socket(
    api: Api, market: Market, conn: psycopg.Connection, customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = market.customer()
    market.value("SELECT api.logout(%s)", left.login)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        refresh_token = (await http.post("/api/auth/customer/anonymous")).json()["refresh_token"]
    with monkeypatch.context() as past:
        past.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", -1)
        expired = customer.token()
    forged = Tokens("another secret of at least thirty-two bytes").issue("customer", customer.id, customer.login)
    cc = Tokens(TEST_JWT_SECRET).issue("cc", customer.id, customer.login)
    before = digests(conn)
    for token, code in ((refresh_token, 4401), (expired, 4401), (forged, 4401), ("a.b.c", 4401),
                        (cc, 4403), (left.token(), 4403)):  # fmt: skip
        async with api.socket(token) as device:
            assert await device.closed() == code
        async with api.socket(None) as device:
            await device.send(type="auth", token=token)
            assert await device.closed() == code
    assert changed(conn, before) == set()


async def test_strangers_learn_and_change_nothing_by_any_command_and_the_parties_hear_nothing(
    api: Api, market: Market, conn: psycopg.Connection, session: uuid.UUID, customer: Person, mitra: Person
) -> None:
    nowhere = uuid.uuid4()
    strangers = [market.customer(), market.mitra(online=False)]
    before = digests(conn)
    async with api.open(customer) as one, api.open(mitra) as other:
        for stranger in strangers:
            async with api.open(stranger) as device:
                for type_ in sorted(OF_A_SESSION):
                    answers = []
                    for target in (session, nowhere):
                        await device.send(**command(type_, target))
                        answers.append(await device.next() | {"session_id": None})
                    assert answers[0]["code"] == "NOT_FOUND", type_
                    assert answers[0] == answers[1], (type_, "a session of others looks other than none")
                for target in (session, nowhere):
                    await device.send(**command("resume", target) | {"after_seq": 0})
                    told = await device.until("resumed")
                    assert [frame.get("code") for frame in told] == ["NOT_FOUND", None], target
                assert await device.is_quiet(0.1)
        assert await one.is_quiet(0.1)
        assert await other.is_quiet(0.1)
    assert changed(conn, before) == set()


async def test_a_customer_says_nothing_that_is_a_mitras_and_nobody_speaks_for_somebody_else(
    api: Api, conn: psycopg.Connection, session: uuid.UUID, customer: Person, mitra: Person
) -> None:
    before = digests(conn)
    async with api.open(customer) as device:
        for type_, code in OF_ONESELF.items():
            await device.send(**command(type_, session))
            assert (await device.next())["code"] == code
        await device.send(type="auth", token=mitra.token())
        assert (await device.next())["code"] == "FORBIDDEN"
        await device.send(**command("message", session))
        spoken: Any = (await device.until("message"))[-1]
    assert (spoken["sender_type"], spoken["sender_id"]) == ("customer", str(customer.id))
    assert "core.chat_messages" in changed(conn, before)
