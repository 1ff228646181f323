"""A socket is a sign of life of the mitra to whom an offer was made."""

from typing import Any

import psycopg
import pytest

from tests.support.market import Market, Person
from tests.support.sockets import Api, value
from tests.support.waiting import eventually


@pytest.mark.parametrize("resumes", [False, True])
async def test_a_socket_that_resumes_while_an_offer_waits_has_not_missed_it(
    api: Api, market: Market, customer: Person, mitra: Person, owner: psycopg.AsyncConnection[Any], resumes: bool
) -> None:
    market.go_online(mitra)
    (offered,) = market.offer(customer, mitra)
    await owner.execute(
        "INSERT INTO core.offer_dispatches (offer_id, at) SELECT id, offered_at FROM core.pairing_offers"
    )
    async with api.open(mitra, resume=None) as device:
        if resumes:
            await device.send(type="resume", after_seq=0)
            await device.until("resumed")
            seen = "SELECT last_seen_at > offered_at FROM core.mitra_sightings, core.pairing_offers"

            async def is_seen() -> bool:
                return bool(await value(owner, seen))

            await eventually(is_seen, "the offer counts as seen")
        await owner.execute("UPDATE core.pairing_offers SET expires_at = clock_timestamp()")
        while await value(owner, "SELECT count(*) FROM api.run_due()"):
            pass
    assert await value(owner, "SELECT status FROM core.pairing_offers WHERE id = %s", offered) == "expired"
    assert await value(owner, "SELECT missed_offers FROM core.mitra_online_status") == (0 if resumes else 1)
