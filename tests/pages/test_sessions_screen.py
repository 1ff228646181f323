"""One session on the page: what may be done with it, and what its timeline says."""

import re

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def acts(visit: Guest, session: object) -> set[str]:
    """What the page of a session offers to do with it."""
    return set(re.findall(r'data-opens="dialog-(\w+)"', (await visit.get(f"/sessions/{session}")).text)) - {"read"}


async def test_a_reroute_is_offered_where_it_works_and_an_end_where_it_does(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    mitra = market.mitra()
    session = market.session(market.customer(), mitra)
    assert await acts(visit, session) == {"reroute", "end"}
    market.extension(session)
    assert await acts(visit, session) == {"reroute", "end"}

    session = market.session(market.customer(), mitra)
    over = "UPDATE core.chat_sessions SET expires_at = clock_timestamp() - interval '1 second' WHERE id = %s"
    market.value(f"{over} RETURNING id", session)
    assert await acts(visit, session) == {"end"}
    assert (await visit.send(f"/sessions/{session}", act="reroute", reason="by phone")).status_code == 409

    market.set("pairing_before_payment", True)
    payment = market.payment(market.customer())
    session = market.value("SELECT session_id FROM core.payment_requests WHERE id = %s", payment)
    assert await acts(visit, session) == set()
    offer = market.value("SELECT offer_id FROM api.blast(%s, ARRAY[%s])", session, mitra.id)
    market.value("SELECT api.accept_offer(%s, %s)", offer, mitra.id)
    assert await acts(visit, session) == {"reroute"}
    assert (await visit.send(f"/sessions/{session}", act="reroute", reason="by phone")).status_code == 303
