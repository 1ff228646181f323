"""Live on the page: who waits for a mitra, and what looking at it leaves behind."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.pages.visits import Guest
from tests.support.market import Market, Person

# Figures of `today` that Live shows under a name of their own.
UNDER_ANOTHER_NAME = re.compile(
    r"today\.(offers_\w+|failures_\w+|acceptance|answer_time_\w+|revenue|sensitive_requests)|waiting|customers_per_mitra_total"
)


def figures(document: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """The names of all numbers of a document, as `data-figure` has them."""
    for name, value in document.items():
        if isinstance(value, Mapping):
            yield from figures(value, f"{above}{name}.")
        elif isinstance(value, int | float | None):
            yield above + name


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


async def test_every_figure_of_the_dashboard_stands_on_live_under_its_name(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    page = (await visit.get("/")).text
    shown = set(re.findall(r'data-figure="([^"]+)"', page))
    board = (await visit.client.get("/internal/dashboard")).json()
    assert {name for name in figures(board) if not UNDER_ANOTHER_NAME.fullmatch(name)} - shown == set()


async def test_mitras_are_shown_by_load_with_their_free_slots(visit: Guest, market: Market, ayu: Person) -> None:
    idle, busy = market.mitra(max_sessions=5), market.mitra(max_sessions=1)
    market.session(market.customer(), busy)
    await visit.log_in(market, ayu)
    page = (await visit.get("/")).text
    assert page.index(f"/mitras/{busy.id}") < page.index(f"/mitras/{idle.id}")
    free = re.findall(r'data-figure="customers_per_mitra\.\d+\.free_slots" value="(\d+)"', page)
    assert free == ["0", "5"]
    assert '<data data-figure="free_slots" value="5">5</data>' in page
