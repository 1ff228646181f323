"""Who may open a socket, for how long, and what ends it."""

from typing import Any

import httpx
import psycopg
import pytest

from app.auth.tokens import Tokens, new_refresh_token
from tests.support.market import Market, Person
from tests.support.sockets import Api, Outbox
from tests.support.tokens import TEST_JWT_SECRET


async def test_a_token_as_subprotocol_is_answered_by_ready(api: Api, mitra: Person, outbox: Outbox) -> None:
    seq = await outbox.emit(mitra, "status_changed", 3)
    async with api.socket(mitra.token()) as device:
        assert device.connection.subprotocol == "halobestie.v1"
        ready = await device.next()
    assert (ready["type"], ready["seq"]) == ("ready", seq)
    assert ready["server_time"].endswith("Z")


async def test_a_token_in_the_first_frame_is_answered_by_ready(api: Api, customer: Person) -> None:
    async with api.socket(None) as device:
        await device.send(type="auth", token=customer.token())
        assert await device.next() | {"server_time": None} == {"type": "ready", "seq": 0, "server_time": None}


async def test_a_client_that_names_no_subprotocol_may_authenticate_by_frame(api: Api, customer: Person) -> None:
    async with api.socket(None, subprotocols=None) as device:
        await device.send(type="auth", token=customer.token())
        assert (await device.next())["type"] == "ready"


async def test_a_client_of_another_subprotocol_is_closed_with_4400_and_told_which_to_offer(api: Api) -> None:
    async with api.socket(None, subprotocols=["chat.v9"]) as device:
        assert await device.closed() == 4400
        assert "halobestie.v1" in (device.connection.close_reason or "")


async def test_silence_instead_of_a_token_is_closed_with_4401(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.sockets.conversation.AUTH_SECONDS", 0.2)
    async with api.socket(None) as device:
        assert await device.closed() == 4401


async def test_another_frame_before_the_token_is_closed_with_4401(api: Api) -> None:
    async with api.socket(None) as device:
        await device.send(type="resume", after_seq=0)
        assert await device.closed() == 4401


async def test_a_token_signed_by_someone_else_is_closed_with_4401(api: Api, mitra: Person) -> None:
    forged = Tokens("another secret of at least thirty-two bytes").issue(mitra.type, mitra.id, mitra.login)
    async with api.socket(forged) as device:
        assert await device.closed() == 4401


async def test_a_control_centre_token_is_closed_with_4403(api: Api, customer: Person) -> None:
    async with api.socket(Tokens(TEST_JWT_SECRET).issue("cc", customer.id, customer.login)) as device:
        assert await device.closed() == 4403


async def test_an_expired_token_is_closed_with_4401(
    api: Api, customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", -1)
    async with api.socket(customer.token()) as device:
        assert await device.closed() == 4401


async def test_a_socket_ends_with_4401_when_its_token_expires(
    api: Api, customer: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", 4)
    async with api.open(customer) as device:
        assert await device.closed() == 4401


async def test_a_new_token_in_time_prolongs_the_socket(
    api: Api, customer: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.auth.tokens.ACCESS_TTL_SECONDS", 4)
    async with api.open(customer) as device:
        monkeypatch.undo()
        await device.send(type="auth", token=customer.token())
        assert (await device.next())["type"] == "ready"
        assert await device.is_quiet(4.2)
        await outbox.tell(customer, "payment_updated")
        assert (await device.next())["type"] == "payment_updated"


async def test_another_users_token_is_refused_and_changes_nothing(
    api: Api, customer: Person, mitra: Person, outbox: Outbox
) -> None:
    async with api.open(customer) as device:
        await device.send(type="auth", token=mitra.token())
        assert (await device.next())["code"] == "FORBIDDEN"
        await outbox.tell(mitra, "status_changed")
        await outbox.tell(customer, "payment_updated")
        assert (await device.next())["type"] == "payment_updated"


async def test_a_bad_token_does_not_prolong(api: Api, customer: Person) -> None:
    async with api.open(customer) as device:
        await device.send(type="auth", token="nonsense")
        assert await device.next() | {"detail": None} == {"type": "error", "code": "UNAUTHENTICATED", "detail": None}


async def test_a_token_whose_login_has_ended_is_closed_with_4403(
    api: Api, customer: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    await owner.execute("SELECT api.logout(%s)", [customer.login])
    async with api.socket(customer.token()) as device:
        assert await device.closed() == 4403


async def test_a_token_whose_login_has_ended_does_not_prolong(
    api: Api, market: Market, customer: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    other_login = market.log_in(customer.type, customer.id)
    async with api.open(customer) as device:
        await owner.execute("SELECT api.logout(%s)", [other_login.login])
        await device.send(type="auth", token=other_login.token())
        assert await device.closed() == 4403


async def test_signing_out_closes_only_the_sockets_of_that_login(
    api: Api, market: Market, customer: Person, outbox: Outbox, owner: psycopg.AsyncConnection[Any]
) -> None:
    other_login = market.log_in(customer.type, customer.id)
    async with api.open(customer) as ended, api.open(other_login) as going_on:
        seq = await outbox.tell(customer, "signed_out", auth_session_ids=[str(customer.login)], reason="logout")
        assert await ended.closed() == 4403
        assert (await going_on.next())["seq"] == seq
        assert await going_on.is_quiet(0.2)


async def test_deactivation_closes_the_mitras_sockets_with_4403(
    api: Api, mitra: Person, outbox: Outbox, owner: psycopg.AsyncConnection[Any]
) -> None:
    async with api.open(mitra) as device:
        await owner.execute("SELECT api.deactivate_mitra(%s)", [mitra.id])
        await outbox.dispatch()
        assert await device.closed() == 4403


async def test_a_refresh_token_in_two_hands_closes_the_sockets_of_its_login(
    api: Api, customer: Person, outbox: Outbox, owner: psycopg.AsyncConnection[Any]
) -> None:
    token, hashed = new_refresh_token()
    await owner.execute("UPDATE core.auth_sessions SET token_hash = %s WHERE family = %s", [hashed, customer.login])
    async with (
        api.open(customer) as device,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http,
    ):
        newest = token
        for _ in range(2):
            newest = (await http.post("/api/auth/refresh", json={"refresh_token": newest})).json()["refresh_token"]
        await owner.execute("UPDATE core.auth_sessions SET refreshed_at = refreshed_at - interval '30 seconds'")
        assert await device.is_quiet(0.1)
        assert (await http.post("/api/auth/refresh", json={"refresh_token": token})).status_code == 401
        await outbox.dispatch()
        assert await device.closed() == 4403


async def test_a_socket_that_still_waits_for_its_resume_is_closed_by_signing_out_too(
    api: Api, customer: Person, outbox: Outbox
) -> None:
    async with api.open(customer, resume=None) as device:
        await outbox.tell(customer, "signed_out", auth_session_ids=[str(customer.login)], reason="logout")
        assert await device.closed() == 4403


async def test_a_replayed_sign_out_of_the_same_login_closes_the_socket(
    api: Api, customer: Person, outbox: Outbox
) -> None:
    await outbox.emit(customer, "signed_out", auth_session_ids=[str(customer.login)], reason="logout")
    async with api.open(customer, resume=None) as device:
        await device.send(type="resume", after_seq=0)
        assert await device.closed() == 4403
