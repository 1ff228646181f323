"""Mitras as an operator finds them."""

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_who_is_online_and_answers_no_offers_is_found_and_set_offline(
    visit: Guest, market: Market, ayu: Person
) -> None:
    quiet, quick = market.mitra(), market.mitra()
    name, other = (
        market.value("SELECT display_name FROM core.mitras WHERE id = %s", mitra.id) for mitra in (quiet, quick)
    )
    for _ in range(3):
        customer = market.customer()
        _unanswered, answered = market.offer(customer, quiet, quick)
        session = market.value("SELECT (api.accept_offer(%s, %s) ->> 'id')::uuid", answered, quick.id)
        market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
    # withdrawn after 20 of 30 seconds, and not at once
    late = "UPDATE core.pairing_offers SET settled_at = offered_at + interval '20 s' WHERE mitra_id = %s RETURNING 1"
    market.value(f"WITH late AS ({late}) SELECT count(*) FROM late", quiet.id)

    await visit.log_in(market, ayu)
    everyone = (await visit.get("/mitras")).text
    assert name in everyone
    assert other in everyone
    found = (await visit.get("/mitras?state=unanswering")).text
    assert f'href="/mitras/{quiet.id}"' in found
    assert f'href="/mitras/{quick.id}"' not in found

    done = await visit.send(f"/mitras/{quiet.id}", act="offline", reason="answers nobody")
    assert done.status_code == 303
    assert f'href="/mitras/{quiet.id}"' not in (await visit.get("/mitras?state=unanswering")).text
