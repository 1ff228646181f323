"""A socket is a sign of life of the mitra to whom an offer was made."""

from typing import Any

import psycopg
import pytest

from tests.sockets.conftest import Api, User, offer, value
from tests.support.waiting import eventually


@pytest.mark.parametrize("resumes", [False, True])
async def test_a_socket_that_resumes_while_an_offer_waits_has_not_missed_it(
    api: Api, customer: User, mitra: User, owner: psycopg.AsyncConnection[Any], resumes: bool
) -> None:
    offered = await offer(owner, customer, mitra)
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
