"""Each party is told whether the other is there, on whatever instance; and who is gone too long is acted for."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import psycopg
import pytest

from app.development.valkey import EmbeddedValkey
from app.settings import ApiSettings, ListenerSettings
from tests.support.listening import Listening, listening
from tests.support.market import Market, Person
from tests.support.sockets import WAIT_SECONDS, Api, Frame, Socket, served, value
from tests.support.waiting import eventually


@pytest.fixture
async def listener(listener_settings: ListenerSettings) -> AsyncIterator[Listening]:
    """The listener, which looks who is there."""
    async with listening(listener_settings) as running:
        yield running


@pytest.fixture
async def other_api(api_settings: ApiSettings) -> AsyncIterator[Api]:
    """Another instance of the public app."""
    async with served(api_settings) as api:
        yield api


async def presence(device: Socket, within: float = WAIT_SECONDS) -> Frame:
    """The next peer_presence, whatever comes before it."""
    async with asyncio.timeout(within):
        while (frame := await device.next(within))["type"] != "peer_presence":
            pass
        return frame


async def test_each_is_told_whether_the_other_has_a_socket_on_whatever_instance(
    listener: Listening, api: Api, other_api: Api, customer: Person, mitra: Person, session: uuid.UUID
) -> None:
    async with api.open(customer) as phone:
        async with other_api.open(mitra) as desk:
            while (await presence(phone))["state"] != "connected":
                pass  # it may have been looked for before it came
            assert (await presence(desk))["state"] == "connected"
            async with api.open(mitra):
                pass  # one of two devices goes: nothing to be told
        told = await presence(phone)
        assert told["state"] == "away"
        assert (told["session_id"], told["party"]) == (str(session), "mitra")
        async with api.open(mitra) as desk:
            assert (await presence(desk))["state"] == "connected"
            back = await presence(phone)
            assert back["state"] == "connected"
            assert back["since"] > told["since"]


async def test_a_mitra_that_is_gone_may_be_left_for_another_one(
    listener: Listening,
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    market: Market,
) -> None:
    market.set("mitra_absence_seconds", 2)
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", headers=customer.headers) as http,
        api.open(customer) as phone,
    ):
        async with api.open(mitra) as desk:
            while (await presence(desk))["state"] != "connected":
                pass  # the customer may count as away for a moment
            refused = await http.post(f"/api/chat/{session}/reroute")
            assert (refused.status_code, refused.json()["code"]) == (409, "INVALID_STATE")
        gone = await presence(phone)
        while gone["state"] != "gone":
            assert "options" not in gone
            gone = await presence(phone)
        assert gone["options"] == ["reroute", "end"]
        info = (await http.get(f"/api/chat/{session}/info")).json()
        assert [info["presence"][party]["state"] for party in ("customer", "mitra")] == ["connected", "gone"]
        assert info["presence"]["mitra"]["options"] == ["reroute", "end"]
        rerouted = await http.post(f"/api/chat/{session}/reroute")
        assert (rerouted.status_code, rerouted.json()["status"]) == (200, "searching")
        assert (await phone.until("session_rerouted"))[-1]["cause"] == "mitra_absent"


async def test_a_customer_that_leaves_a_search_for_too_long_has_cancelled_it(
    listener: Listening, api: Api, market: Market, customer: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    market.set("customer_absence_seconds", 2)
    session = market.search(customer)

    async def is_seen() -> bool:
        return bool(await value(owner, "SELECT count(*) FROM core.session_presences WHERE session_id = %s", session))

    async def is_cancelled() -> bool:
        return bool(await value(owner, "SELECT status = 'cancelled' FROM core.chat_sessions WHERE id = %s", session))

    async with api.open(customer):
        await eventually(is_seen, "the customer is seen")
    await eventually(is_cancelled, "the session is cancelled")
    due = "SELECT refund_due_amount FROM core.payment_requests WHERE session_id = %s"
    assert await value(owner, due, session) == 50_000


async def test_time_lost_to_a_mitra_that_was_gone_is_given_back_where_that_is_the_policy(
    listener: Listening,
    api: Api,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    market: Market,
    owner: psycopg.AsyncConnection[Any],
) -> None:
    market.set("mitra_absence_seconds", 1)
    market.set("outage_credit_policy", "credit")
    expiry = await value(owner, "SELECT expires_at FROM core.chat_sessions WHERE id = %s", session)
    async with api.open(customer) as phone:
        async with api.open(mitra) as desk:
            assert (await presence(desk))["state"] == "connected"
        while (await presence(phone))["state"] != "gone":
            pass
        async with api.open(mitra):
            resumed = (await phone.until("session_resumed"))[-1]
    assert resumed["reason"] == "outage_credit"
    details = await value(owner, "SELECT details FROM core.customer_transactions WHERE type = 'credit'")
    later = await value(owner, "SELECT expires_at - %s FROM core.chat_sessions WHERE id = %s", expiry, session)
    assert later.total_seconds() == details["seconds"] >= 1


async def test_while_valkey_can_not_tell_nobody_is_missed(
    listener_settings: ListenerSettings,
    api_settings: ApiSettings,
    own_valkey: EmbeddedValkey,
    customer: Person,
    mitra: Person,
    session: uuid.UUID,
    market: Market,
    owner: psycopg.AsyncConnection[Any],
) -> None:
    market.set("mitra_absence_seconds", 1)
    market.set("customer_absence_seconds", 1)
    mine = {"valkey_url": own_valkey.url}
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(served(api_settings.model_copy(update=mine)))
        await stack.enter_async_context(listening(listener_settings.model_copy(update=mine)))
        desk = await stack.enter_async_context(api.open(mitra))
        async with api.open(customer):
            assert (await presence(desk))["state"] == "connected"
            own_valkey.kill()
            own_valkey.start()  # empty: every lease is gone
            # A presence that is forgotten is noted anew, and the desk told how the other one is: so there was a look.
            await owner.execute("DELETE FROM core.session_presences WHERE party = 'mitra'")
            told = await presence(desk, within=3 * WAIT_SECONDS)
            assert told["state"] == "connected", "nobody was missed before"
            assert await value(owner, "SELECT count(*) FROM core.session_absences") == 0
            # Where Valkey did not take the leases at once, PostgreSQL was told to count both as connected for 45 s.
            await owner.execute("DELETE FROM core.unleased_sockets")
        assert (await presence(desk))["state"] == "away"
        assert await value(owner, "SELECT state FROM core.session_presences WHERE party = 'mitra'") == "connected"
