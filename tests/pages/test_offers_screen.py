"""Offers on the page: what lies behind the figures of acceptance and answers, of all mitras or of one."""

import re

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_a_mitras_figures_lead_to_the_offers_that_they_count(visit: Guest, market: Market, ayu: Person) -> None:
    mitra, other = market.mitra(), market.mitra()
    market.session(market.customer(), mitra)
    declined, _ = market.offer(market.customer(), mitra, other)
    market.value("SELECT api.decline_offer(%s, %s)", declined, mitra.id)
    market.value(
        "UPDATE core.mitras SET created_at = created_at - interval '9 days' WHERE id = %s RETURNING 1", mitra.id
    )
    market.value("UPDATE core.pairing_offers SET offered_at = offered_at - interval '2 days' RETURNING 1")
    await visit.log_in(market, ayu)
    page = (await visit.get(f"/mitras/{mitra.id}")).text
    counted = re.findall(r'<a href="(/offers\?[^"]*)"><data data-figure="stats\.(\w+)" value="([\d.]+)"', page)
    assert [(name, value) for _, name, value in counted] == [
        ("acceptance_percent", "50.0"),
        ("accepted", "1"),
        ("declined", "1"),
        ("expired", "0"),
    ]
    for path, name, value in counted[1:]:
        listed = (await visit.get(path.replace("&amp;", "&"))).text
        assert (listed.count('#h-pairing"'), "to mitra Sari ✕" in listed) == (int(value), value != "0"), name


async def test_without_a_time_the_offers_of_a_day_are_shown_and_a_name_finds_its_mitra(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra, other = market.mitra(), market.mitra()
    market.value("UPDATE core.mitras SET display_name = 'Tuti' WHERE id = %s RETURNING 1", other.id)
    market.offer(market.customer(), mitra, other)
    await visit.log_in(market, ayu)
    page = (await visit.get("/offers")).text
    assert (page.count('#h-pairing"'), "These are the offers of one day." in page) == (2, True)
    found = (await visit.get("/offers?mitra_id=tuti")).headers["location"]
    assert found == f"/offers?mitra_id={other.id}"
    assert (await visit.get(found)).text.count('#h-pairing"') == 1
    market.value("UPDATE core.pairing_offers SET offered_at = offered_at - interval '2 days' RETURNING 1")
    assert "No offer was sent here." in (await visit.get("/offers")).text
    assert (await visit.get("/offers?from=2026-01-01T00:00")).text.count('#h-pairing"') == 2
