"""Live on the page: who waits for a mitra, and what looking at it leaves behind."""

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_who_waits_is_shown_with_the_wave_longest_first_and_looking_is_not_noted(
    visit: Guest, market: Market, ayu: Person
) -> None:
    later, mitra = market.search(market.customer()), market.mitra()
    market.offer(market.customer(), mitra)
    offered = market.value("SELECT session_id FROM core.pairing_offers")
    market.value(
        "UPDATE core.chat_sessions SET search_began_at = clock_timestamp() - interval '90 seconds' WHERE id = %s"
        " RETURNING id",
        offered,
    )
    await visit.log_in(market, ayu)
    entries = "SELECT count(*) FROM core.audit_log"
    before = market.value(entries)
    page = (await visit.get("/live/aside")).text
    assert 0 < page.index(str(offered)) < page.index(str(later))
    assert '<td class="number" data-label="Wave">1</td>' in page
    assert '<td class="number" data-label="Wave">–</td>' in page
    assert '<td class="number" data-label="Waits">1:3' in page
    assert market.value(entries) == before


async def test_who_may_not_see_sessions_is_shown_no_waiting_list(visit: Guest, market: Market) -> None:
    market.search(market.customer())
    await visit.log_in(market, market.operator(market.role('{"dashboard": ["read"]}')))
    assert "Who waits" not in (await visit.get("/live/aside")).text


async def test_figures_lead_to_the_lists_of_all_sessions_that_they_count(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    page = (await visit.get("/")).text
    for status in ("active", "pending_payment", "searching", "pending_acceptance"):
        assert f'<a href="/sessions?status={status}">' in page
