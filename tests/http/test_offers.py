"""A mitra's answers to offers."""

import asyncio
from uuid import uuid4

import httpx
import psycopg

from tests.support.http_apps import problem
from tests.support.market import Market

PATH = "/api/mitra/offers"


async def test_a_mitra_sees_its_live_offers(api: httpx.AsyncClient, market: Market) -> None:
    mitra, other = market.mitra(), market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    (item,) = (await api.get(PATH, headers=mitra.headers)).json()["items"]
    assert item["id"] == str(offer)
    assert item.keys() == {"id", "session_id", "status", "duration_minutes", "topic_sensitivity", "expires_at"}
    assert (await api.get(PATH, headers=other.headers)).json()["items"] == []


async def test_the_first_yes_wins_and_its_repeat_gets_the_same_session(api: httpx.AsyncClient, market: Market) -> None:
    customer, winner, loser = market.customer(), market.mitra(), market.mitra()
    won, lost = market.offer(customer, winner, loser)
    first = await api.post(f"{PATH}/{won}/accept", headers=winner.headers)
    assert first.status_code == 200
    assert first.json()["status"] == "active"
    assert first.json()["mitra"]["id"] == str(winner.id)
    assert first.json()["customer"]["id"] == str(customer.id)
    assert 1_700 < first.json()["seconds_left"] <= 1_800
    assert first.json()["server_time"].endswith("Z")
    again = await api.post(f"{PATH}/{won}/accept", headers=winner.headers)
    assert again.status_code == 200
    assert again.json()["id"] == first.json()["id"]
    assert problem(await api.post(f"{PATH}/{lost}/accept", headers=loser.headers)) == (409, "OFFER_TAKEN")


async def test_ten_mitras_at_once_have_one_winner(api: httpx.AsyncClient, market: Market) -> None:
    mitras = [market.mitra() for _ in range(10)]
    offers = market.offer(market.customer(), *mitras)
    answers = await asyncio.gather(
        *(
            api.post(f"{PATH}/{offer}/accept", headers=mitra.headers)
            for offer, mitra in zip(offers, mitras, strict=True)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    assert {problem(answer) for answer in answers if answer.status_code == 409} == {(409, "OFFER_TAKEN")}


async def test_saying_no_twice_is_one_no(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    for _ in range(2):
        declined = await api.post(f"{PATH}/{offer}/decline", headers=mitra.headers)
        assert (declined.status_code, declined.json()["status"]) == (200, "declined")
    assert problem(await api.post(f"{PATH}/{offer}/accept", headers=mitra.headers)) == (409, "OFFER_GONE")


async def test_declining_what_was_accepted_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    await api.post(f"{PATH}/{offer}/accept", headers=mitra.headers)
    assert problem(await api.post(f"{PATH}/{offer}/decline", headers=mitra.headers)) == (409, "INVALID_STATE")


async def test_accepting_after_the_deadline_is_refused_though_nobody_swept_yet(
    api: httpx.AsyncClient, market: Market, conn: psycopg.Connection
) -> None:
    mitra = market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    conn.execute("UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = %s", [offer])
    assert problem(await api.post(f"{PATH}/{offer}/accept", headers=mitra.headers)) == (409, "OFFER_EXPIRED")


async def test_accepting_when_full_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra(max_sessions=1)
    (first,) = market.offer(market.customer(), mitra)
    (second,) = market.offer(market.customer(), mitra)
    assert (await api.post(f"{PATH}/{first}/accept", headers=mitra.headers)).status_code == 200
    assert problem(await api.post(f"{PATH}/{second}/accept", headers=mitra.headers)) == (409, "CAPACITY_FULL")


async def test_accepting_while_offline_or_deactivated_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    gone, fired = market.mitra(), market.mitra()
    offer_of_gone, offer_of_fired = market.offer(market.customer(), gone, fired)
    await api.post("/api/mitra/status/offline", headers=gone.headers)
    market.deactivate(fired)
    answer = await api.post(f"{PATH}/{offer_of_gone}/accept", headers=gone.headers)
    assert problem(answer) in {(409, "NOT_ONLINE"), (409, "OFFER_GONE")}
    answer = await api.post(f"{PATH}/{offer_of_fired}/accept", headers=fired.headers)
    assert problem(answer) == (403, "MITRA_DEACTIVATED")


async def test_somebody_elses_offer_is_not_found(api: httpx.AsyncClient, market: Market) -> None:
    mitra, other = market.mitra(), market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    for answer in (
        await api.post(f"{PATH}/{offer}/accept", headers=other.headers),
        await api.post(f"{PATH}/{offer}/decline", headers=other.headers),
        await api.post(f"{PATH}/{uuid4()}/accept", headers=mitra.headers),
    ):
        assert problem(answer) == (404, "NOT_FOUND")
    assert market.value("SELECT status FROM core.pairing_offers WHERE id = %s", offer) == "offered"


async def test_an_accept_sent_twice_with_a_key_gets_the_stored_reply(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra()
    (offer,) = market.offer(market.customer(), mitra)
    headers = mitra.headers | {"Idempotency-Key": "yes"}
    first = await api.post(f"{PATH}/{offer}/accept", headers=headers)
    again = await api.post(f"{PATH}/{offer}/accept", headers=headers)
    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
