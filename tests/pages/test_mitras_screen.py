"""Mitras as an operator finds them."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from app.pages import svg
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


def step(minutes_ago: int, what: str, *, until: datetime, seconds: int | None = None) -> dict[str, Any]:
    """A step of an activity."""
    at = (until - timedelta(minutes=minutes_ago)).isoformat()
    return {"at": at, "what": what, "who": None, "cause": None, "seconds": seconds, "session_id": None}


def test_a_session_without_a_first_reply_hides_no_mitra_who_is_online() -> None:
    until = datetime(2026, 1, 2, tzinfo=UTC)
    activity = [step(10, "no_first_reply", until=until), step(60, "online", until=until, seconds=100)]
    drawn = svg.mitra_timeline(activity, since=until - timedelta(hours=2), until=until)
    assert drawn is not None
    assert {lane.name: [(bar.what, bar.x) for bar in lane.bars] for lane in drawn.lanes} == {
        "Online": [("online", 50.0)],
        "Sessions": [("no_first_reply", 91.667)],
    }


async def test_a_mitra_who_went_online_before_the_time_that_is_drawn_is_drawn_as_online(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    logged = "UPDATE core.mitra_status_log SET at = at - interval '30 hours' WHERE mitra_id = %s RETURNING mitra_id"
    market.value(logged, mitra.id)
    status = "UPDATE core.mitra_online_status SET last_online_at = last_online_at - interval '30 hours'"
    market.value(f"{status} WHERE mitra_id = %s RETURNING mitra_id", mitra.id)
    await visit.log_in(market, ayu)
    page = (await visit.get(f"/mitras/{mitra.id}")).text
    assert '<rect x="0%"' in page[page.index("h-activity") : page.index("h-earnings")]
    assert "Nothing in this time." not in page


async def test_a_session_that_never_began_does_not_go_on_in_the_activity_of_its_mitra(
    visit: Guest, market: Market, ayu: Person
) -> None:
    market.set("pairing_before_payment", True)
    customer, mitra = market.customer(), market.mitra()
    payment = market.payment(customer)
    session = market.value("SELECT session_id FROM core.payment_requests WHERE id = %s", payment)
    offer = market.value("SELECT offer_id FROM api.blast(%s, ARRAY[%s])", session, mitra.id)
    market.value("SELECT api.accept_offer(%s, %s)", offer, mitra.id)
    served = "SELECT api.mitra_timeline(%s) -> 'items' -> 0 ->> 'seconds'"
    assert market.value(served, mitra.id) is None
    market.value("SELECT api.cancel_session(%s, %s)", session, customer.id)
    assert market.value(served, mitra.id) == "0"


async def test_an_activity_is_shown_from_and_until_any_time_page_by_page(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    market.value(
        "WITH logged AS (INSERT INTO core.mitra_status_log (mitra_id, action, cause, at) SELECT %s,"
        " (ARRAY['online', 'offline'])[1 + step %% 2], 'mitra',"
        " timestamptz '2026-03-01 00:00Z' + step * interval '1 min' FROM generate_series(0, 249) AS step RETURNING 1)"
        " SELECT count(*) FROM logged",
        mitra.id,
    )
    await visit.log_in(market, ayu)
    path = f"/mitras/{mitra.id}"
    times: dict[str, Any] = {"from": "2026-03-01T07:00", "to": "2026-03-01T11:09"}
    assert "01 Mar" not in (await visit.get(f"{path}?range=week")).text
    led = (await visit.send(path, act="filter", **times)).headers["location"]
    assert led == path + "?from=2026-03-01T00%3A00%3A00.000000Z&to=2026-03-01T04%3A09%3A00.000000Z"
    page = (await visit.get(led)).text
    for name, moment in times.items():
        assert f'name="{name}" value="{moment}"' in page
    shown, last = [], ""
    while page:
        activity = page[page.index("h-activity") : page.index("h-earnings")]
        assert 'role="img"' in activity
        shown += re.findall(r'<td data-label="When">(.+)</td>', activity)
        last = activity
        following = re.search(r'rel="next" href="([^"]+)"', activity)
        page = (await visit.get(html.unescape(following[1]))).text if following else ""
    assert len(shown) == len(set(shown)) == 249  # the last minute is not before 04:09
    assert "First page" in last
    assert f"/internal/mitras/{mitra.id}/timeline?from=2026-03-01" in last
    wrong = await visit.get(f"{path}?from=yesterday")
    assert wrong.status_code == 422
    assert "Available, when all of this holds" in wrong.text
    future = await visit.get(f"{path}?from=9999-12-31T23:59:59.5Z")
    assert future.status_code == 200
    assert 'role="img"' not in future.text[future.text.index("h-activity") : future.text.index("h-earnings")]
