"""A mitra who never writes: the customer gets the money back, or another mitra, over HTTP."""

from uuid import UUID

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

IS_LATE = (
    "WITH clock AS (UPDATE core.chat_sessions SET expires_at = expires_at - interval '121 s' RETURNING id)"
    " UPDATE core.reply_deadlines SET began_at = began_at - interval '121 s', due_at = due_at - interval '121 s'"
    " WHERE session_id = %s RETURNING session_id"
)


@pytest.fixture
def path(session: UUID) -> str:
    """The address of a running session."""
    return f"/api/chat/{session}"


async def test_the_money_comes_back_once_the_reply_is_overdue_and_not_before(
    api: httpx.AsyncClient, market: Market, session: UUID, path: str, customer: Person, mitra: Person
) -> None:
    no_reply = {"no_reply": True}
    early = await api.post(f"{path}/end", json=no_reply, headers=customer.headers)
    assert problem(early) == (409, "INVALID_STATE")
    market.value(IS_LATE, session)
    assert (await api.get(f"{path}/info", headers=customer.headers)).json()["no_reply_options"] == ["reroute", "end"]
    by_mitra = await api.post(f"{path}/end", json=no_reply, headers=mitra.headers)
    assert problem(by_mitra) == (403, "FORBIDDEN")
    ended = await api.post(f"{path}/end", json=no_reply, headers=customer.headers)
    assert (ended.status_code, ended.json()["end_reason"]) == (200, "no_first_reply")
    owed = "SELECT refund_due_amount = amount FROM core.payment_requests WHERE session_id = %s"
    assert market.value(owed, session) is True
    again = await api.post(f"{path}/end", json=no_reply, headers=customer.headers)
    assert (again.status_code, again.json()["end_reason"]) == (200, "no_first_reply")


async def test_another_mitra_gets_the_session_with_all_its_time(
    api: httpx.AsyncClient, market: Market, session: UUID, path: str, customer: Person
) -> None:
    market.value(IS_LATE, session)
    moved = await api.post(f"{path}/reroute", headers=customer.headers)
    assert (moved.status_code, moved.json()["status"]) == (200, "searching")
    assert moved.json()["seconds_left"] == 60 * moved.json()["duration_minutes"]


async def test_a_word_of_the_mitra_is_a_reply(
    api: httpx.AsyncClient, market: Market, session: UUID, path: str, customer: Person, mitra: Person
) -> None:
    market.value(IS_LATE, session)
    said = {"client_message_id": "1", "body": "Halo"}
    assert (await api.post(f"{path}/messages", json=said, headers=mitra.headers)).status_code == 201
    for verb, body in (("end", {"no_reply": True}), ("reroute", {})):
        refused = await api.post(f"{path}/{verb}", json=body, headers=customer.headers)
        assert problem(refused) == (409, "INVALID_STATE")
