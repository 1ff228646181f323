"""Live on the page: who waits for a mitra, and what looking at it leaves behind."""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from tests.pages.visits import Guest
from tests.support.market import Market, Person

# Figures that Live shows under another name.
UNDER_ANOTHER_NAME = {"waiting": "pending_requests"}
# A figure that leads to a list, and where the API has that list.
LINKED = re.compile(
    r'<a href="(/(?:sessions|mitras|pairings|offers))\?([^"]*)"><data data-figure="([^"]+)" value="(\d+)">'
)
API = {
    "/sessions": "/internal/chat-sessions",
    "/mitras": "/internal/mitras",
    "/pairings": "/internal/failed-pairings",
    "/offers": "/internal/offers",
}
A_RATE = re.compile("acceptance|answer")


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
    assert set(figures(board)) - UNDER_ANOTHER_NAME.keys() - shown == set()


async def test_mitras_are_shown_by_load_with_their_free_slots(visit: Guest, market: Market, ayu: Person) -> None:
    idle, busy = market.mitra(max_sessions=5), market.mitra(max_sessions=1)
    market.session(market.customer(), busy)
    await visit.log_in(market, ayu)
    page = (await visit.get("/")).text
    assert page.index(f"/mitras/{busy.id}") < page.index(f"/mitras/{idle.id}")
    free = re.findall(r'data-figure="customers_per_mitra\.\d+\.free_slots" value="(\d+)"', page)
    assert free == ["0", "5"]
    assert '<data data-figure="free_slots" value="5">5</data>' in page


async def test_a_figure_counts_what_stands_in_the_list_behind_it(visit: Guest, market: Market, ayu: Person) -> None:
    free, full = market.mitra(), market.mitra(max_sessions=1)
    market.session(market.customer(), full)
    market.offer(market.customer(), free)
    for age, status, sensitivity in (
        ("0 days", "failed", "sensitive"),
        ("0 days", "completed", "normal"),
        ("3 days", "completed", "sensitive"),
        ("3 days", "cancelled", "normal"),
        ("40 days", "completed", "sensitive"),
        ("40 days", "completed", "normal"),
    ):
        market.value(
            "UPDATE core.chat_sessions SET status = %s, topic_sensitivity = %s,"
            " created_at = created_at - %s::interval, ended_at = clock_timestamp(), end_reason = 'not_accepted'"
            " WHERE id = %s RETURNING id",
            *(status, sensitivity, age, market.search(market.customer())),
        )
    failure = "INSERT INTO core.pairing_failures (cause_tag, created_at) VALUES (%s, now() - %s::interval) RETURNING id"
    for cause, age in (("not_accepted", "0 s"), ("not_accepted", "3 days"), ("first_reply_overdue", "0 s")):
        market.value(failure, cause, age)
    await visit.log_in(market, ayu)
    page = html.unescape((await visit.get("/")).text)
    counted = {}
    for path, query, name, value in LINKED.findall(page):
        if A_RATE.search(name):
            continue  # it counts nothing
        listed = (await visit.client.get(API[path], params={**dict(parse_qsl(query)), "limit": "200"})).json()
        assert len(listed["items"]) == int(value), f"{name} says {value}, {path}?{query} has {len(listed['items'])}"
        counted[name] = int(value)
    assert counted == {
        "online_mitras": 2,
        "customers_per_mitra_total": 2,
        "offers_today.accepted": 1,
        "offers_today.declined": 0,
        "offers_today.expired": 0,
        "offers_today.rescinded": 0,
        "offers_today.cancelled": 0,
        "offers_today.offered": 1,
        "today.offers": 2,
        "today.offers_accepted": 1,
        "today.offers_declined": 0,
        "today.offers_expired": 0,
        "today.offers_rescinded": 0,
        "today.offers_cancelled": 0,
        "sensitive.last_30d_sensitive": 2,
        "sensitive.last_30d_total": 6,
        "sensitive.total": 3,
        "today.requests": 4,
        "today.sensitive_requests": 1,
        "today.failures_no_mitra_available": 0,
        "today.failures_not_accepted": 1,
        "today.first_replies_overdue": 1,
        "today.extensions_safeguarded": 0,
    }
