"""What screens do: they send what operations take, and show what operations answer."""

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from app.pages import svg
from tests.pages.visits import Guest
from tests.support.market import PASSWORD, Market, Person


async def test_a_mitra_is_changed_from_the_version_that_was_read_and_a_stale_form_keeps_what_was_typed(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    path = f"/mitras/{mitra.id}"
    await visit.log_in(market, ayu)
    assert "dialog-change" in (await visit.get(path)).text
    version = market.value("SELECT version FROM core.mitras WHERE id = %s", mitra.id)
    form = {"act": "change", "display_name": "Sari", "phone": "", "max_sessions": "7", "version": version}
    assert (await visit.send(path, **form)).headers["location"] == f"{path}?done=change"
    changed = "SELECT display_name || ' ' || max_sessions FROM core.mitras WHERE id = %s"
    assert market.value(changed, mitra.id) == "Sari 7"
    stale = await visit.send(path, **{**form, "display_name": "Dewi"})
    assert stale.status_code == 412
    assert 'value="Dewi"' in stale.text
    now = {"version": version + 1, "display_name": "Sari", "max_sessions": ""}
    assert (await visit.send(path, **{**form, **now})).status_code == 303
    assert market.value("SELECT max_sessions IS NULL FROM core.mitras WHERE id = %s", mitra.id)


async def test_who_sees_no_phone_changes_the_rest_of_a_mitra(visit: Guest, market: Market) -> None:
    path = f"/mitras/{market.mitra().id}"
    await visit.log_in(market, market.operator(market.role('{"mitra": ["read", "update"]}')))
    page = (await visit.get(path)).text
    assert 'name="display_name"' in page
    assert 'name="phone"' not in page
    done = await visit.send(path, act="change", display_name="Sari", max_sessions="", version="1")
    assert done.status_code == 303
    assert "deactivation_session_policy" in page  # what becomes of running sessions is a rule's


async def test_a_mitra_is_set_offline_with_a_reason_and_its_activity_is_drawn(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    await visit.log_in(market, ayu)
    done = await visit.send(f"/mitras/{mitra.id}", act="offline", reason="asleep")
    assert done.status_code == 303
    assert market.value("SELECT NOT is_online FROM core.mitra_online_status WHERE mitra_id = %s", mitra.id)
    why = market.value("SELECT reason FROM core.audit_log WHERE subject = %s ORDER BY id DESC", str(mitra.id))
    assert why == "asleep"
    page = (await visit.get(f"/mitras/{mitra.id}?range=week")).text
    assert 'role="img"' in page
    assert "Online" in page


async def test_messages_are_read_with_a_reason_alone_and_only_by_those_who_may_see_personal_data(
    visit: Guest, market: Market, ayu: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.send_message(%s, 'customer', %s, 'm1', 'a secret')", session, customer.id)
    path = f"/sessions/{session}"
    await visit.log_in(market, ayu)
    assert "a secret" not in (await visit.get(path)).text
    refused = await visit.send(path, act="read", reason="")
    assert refused.status_code == 422
    read = await visit.send(path, act="read", reason="a complaint")
    assert "a secret" in read.text
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'session.read_along'") == "a complaint"
    await visit.log_in(market, market.operator(market.role('{"sessions": ["read"]}')))
    page = (await visit.get(path)).text
    assert "dialog-read" not in page
    assert "a secret" not in page


async def test_lists_keep_their_filters_in_the_address(visit: Guest, market: Market, ayu: Person) -> None:
    mitra, other = market.mitra(), market.mitra()
    mine, theirs = market.session(market.customer(), mitra), market.session(market.customer(), other)
    await visit.log_in(market, ayu)
    page = (await visit.get(f"/sessions?mitra_id={mitra.id}&from=2026-01-01T00:00")).text
    assert str(mine) in page
    assert f"/internal/chat-sessions?mitra_id={mitra.id}&amp;" in page  # the same as CSV
    assert str(theirs) not in page
    assert (await visit.get("/sessions?status=nonsense")).status_code == 422
    offline = (await visit.get("/mitras?state=offline")).text
    assert str(mitra.id) not in offline


async def test_a_session_that_is_over_says_so_in_the_words_of_who_looks(
    visit: Guest, market: Market, ayu: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    market.value("UPDATE core.mitras SET display_name = 'Sari' WHERE id = %s RETURNING true", mitra.id)
    session = market.session(customer, mitra)
    market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
    market.value("SELECT api.rate_session(%s, %s, 4, NULL)", session, customer.id)
    await visit.log_in(market, ayu)
    page = (await visit.get(f"/sessions/{session}")).text
    assert 'data-figure="unused_seconds"' in page
    assert "Runs until" not in page
    assert "4 of 5 stars" in page
    assert f'mitra <a href="/mitras/{mitra.id}">Sari</a>' in page
    told = page.partition("<tbody>")[2].partition("</tbody>")[0]
    assert not re.search(r"True|False|>[^<]*\d\dZ\b|(customer|mitra|cc):|transaction:|_id</b>", told)
    indonesian = (await visit.get(f"/sessions/{session}", **{"Accept-Language": "id"})).text
    assert "ditawari; menerima setelah" in indonesian
    found = (await visit.get(f"/sessions?mitra_id={mitra.id}")).text
    assert f'name="mitra_id" value="{mitra.id}"' in found
    assert "of mitra Sari" in found


def test_bars_of_a_timeline_that_overlap_are_below_each_other_with_the_accepted_offer_on_top() -> None:
    at = datetime(2026, 11, 30, 10, tzinfo=UTC)
    waits = [("offer declined", "warning", 3), ("offer accepted", "good", 8), ("offer expired", "bad", 20)]
    spans = [svg.Span("Offers", kind, what, None, at, at + timedelta(seconds=last)) for what, kind, last in waits]
    later = svg.Span("Offers", "calm", "offered", None, at + timedelta(seconds=9), at + timedelta(seconds=12))
    drawn = svg.drawn([*spans, later], ["Offers"])
    assert drawn is not None
    [lane] = drawn.lanes
    assert [(bar.what, bar.row) for bar in lane.bars] == [
        ("offer accepted", 0),
        ("offer declined", 1),
        ("offer expired", 2),
        ("offered", 0),
    ]
    assert [lane.y(bar) for bar in lane.bars] == [13, 20, 27, 13]


async def test_a_filter_takes_the_names_and_the_short_ids_that_screens_show(
    visit: Guest, market: Market, ayu: Person
) -> None:
    satu, dua, customer = market.mitra(), market.mitra(), market.customer()
    reads = "SELECT count(*) FROM core.audit_log WHERE action = 'pii.read'"
    name = "UPDATE core.mitras SET display_name = %s WHERE id = %s RETURNING id"
    market.value(name, "Mitra Satu", satu.id)
    market.value(name, "Mitra Dua", dua.id)
    session = market.session(customer, satu)
    await visit.log_in(market, ayu)
    found = f'href="/sessions/{session}"'
    for means in ("mitra_id=Mitra Satu", f"mitra_id={str(satu.id)[:8]}", f"customer_id={str(customer.id)[:8]}"):
        seen = market.value(reads)
        led = (await visit.get(f"/sessions?status=active&{means}")).headers["location"]
        whom = customer if means.startswith("customer") else satu
        assert led == f"/sessions?status=active&{means.partition('=')[0]}={whom.id}"
        assert market.value(reads) == seen  # only ids and names were looked up
        page = (await visit.get(led)).text
        assert found in page, means
        assert "✕" in page, means
    assert found in (await visit.get(f"/sessions?customer_id=%20{customer.id}%20&mitra_id=%20")).text
    dua_alone = (await visit.get("/sessions?mitra_id=dua")).headers["location"]
    assert found not in (await visit.get(dua_alone)).text
    seen_before = market.value(reads)
    several = (await visit.get("/sessions?mitra_id=Mitra")).text
    assert "Which do you mean?" in several
    assert f'href="/sessions?mitra_id={satu.id}"' in several
    assert market.value(reads) == seen_before
    nobody = (await visit.get("/sessions?mitra_id=Nobody")).text
    assert "No mitra is called Nobody, and no mitra's id begins so." in nobody
    assert 'value="Nobody"' in nobody


async def test_what_a_filter_can_not_mean_is_said_at_the_form(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    refused = (
        "/sessions?customer_id=Budi",
        "/payments?customer_id=x",
        "/mitras?state=x",
        "/audit?from=yesterday",
        "/people?is_active=x",
        "/payments/webhooks?from=x",
    )
    for path in refused:
        page = await visit.get(path)
        assert page.status_code == 422, path
        assert 'class="filters"' in page.text, path
        assert 'class="refusal"' in page.text, path
        assert 'class="empty"' not in page.text, path  # no list was asked for
    by_phone = "Find a customer by phone"
    assert by_phone in (customer := (await visit.get("/sessions?customer_id=Budi")).text)
    assert 'name="customer_id" value="Budi"' in customer
    assert customer.count('aria-invalid="true"') == 1
    too_long = "x" * 81
    mitra = (await visit.get(f"/sessions?mitra_id={too_long}")).text
    assert by_phone not in mitra
    assert f'value="{too_long}" placeholder="name or id" aria-invalid="true"' in mitra


async def test_a_page_of_a_list_that_there_is_not_is_no_empty_list(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    for path in ("/payments/refunds?cursor=x", "/config/blast_size?cursor=x", "/mitras?limit=0"):
        page = await visit.get(path)
        assert page.status_code == 422, path
        assert 'class="empty"' not in page.text, path


def steps(*told: tuple[float, str, str]) -> list[dict[str, Any]]:
    """Steps of a timeline, each so many seconds after the first."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {"at": (at + timedelta(seconds=after)).isoformat(), "what": what, "who": who, "details": None}
        for after, what, who in told
    ]


def lanes(drawn: svg.Drawn | None) -> dict[str, list[svg.Bar]]:
    """The bars of each lane."""
    assert drawn is not None
    return {lane.name: lane.bars for lane in drawn.lanes}


SESSION = (
    (0.0, "search began", "customer:1"),
    (10.0, "clock started", "system"),
    (110.0, "completed", "session"),
    (112.0, "rated", "customer"),
)


def test_the_end_and_the_rating_of_a_session_have_lanes_of_their_own() -> None:
    drawn = lanes(svg.session_timeline(steps(*SESSION)))
    assert [bar.what for bar in drawn["End"]] == ["completed"]
    assert [bar.what for bar in drawn["Rating"]] == ["rated"]
    assert "Other" not in drawn


def test_the_messages_of_a_session_have_a_lane_of_their_own_from_the_first_to_the_last() -> None:
    wrote = steps(*SESSION[:2], (20.0, "messages", "customer:1"), *SESSION[2:])
    last = (datetime.fromisoformat(wrote[2]["at"]) + timedelta(seconds=56)).isoformat()
    wrote[2]["details"] = {"count": 7, "until": last}
    [bar] = lanes(svg.session_timeline(wrote))["Messages"]
    assert (bar.who, bar.ends, round(bar.width)) == ("customer:1", last, 50)


def test_what_comes_hours_later_squeezes_nothing() -> None:
    together = svg.session_timeline(steps(*SESSION))
    assert together is not None
    assert together.broken_at is None
    late = (20_000.0, "refund asked for", "cc:1"), (21_000.0, "refund succeeded", "xendit")
    drawn = svg.session_timeline(steps(*SESSION, *late))
    assert drawn is not None
    assert drawn.broken_at is not None
    [conversation] = lanes(drawn)["Conversation"]
    assert conversation.width > 70
    asked, paid = (bar.x for bar in lanes(drawn)["Money"])
    assert drawn.broken_at < asked < paid < 100
    assert max(tick.x for tick in drawn.ticks) < drawn.broken_at


def test_the_pause_while_more_time_is_asked_for_cuts_the_conversation() -> None:
    asked = (40.0, "extension asked for", "customer"), (60.0, "extension accepted", "mitra")
    drawn = lanes(svg.session_timeline(steps(*SESSION[:2], *asked, *SESSION[2:])))
    parts = [(bar.what, round(bar.x + bar.width - bar.x, 0)) for bar in sorted(drawn["Conversation"])]
    assert [what for what, _width in parts] == ["clock started", "clock paused", "clock started"]
    before, pause, after = (width for _what, width in parts)
    assert pause < before < after


async def test_the_language_is_changed_from_any_screen_and_before_the_login(
    visit: Guest, market: Market, ayu: Person
) -> None:
    at_the_login = (await visit.get("/login?language=id")).text
    assert "Masuk" in at_the_login
    assert 'name="locale" value="id"' in at_the_login
    assert 'name="locale"' not in (await visit.get("/login?language=xx")).text
    await visit.send("/login?language=id", act="login", email=market.email(ayu), password=PASSWORD, locale="id")
    assert '<html lang="id"' in (await visit.get("/mitras")).text
    await visit.log_in(market, ayu)
    assert '<html lang="id"' in (await visit.get("/mitras")).text
    await visit.send("/me", act="language", locale="en", back="/")
    done = await visit.send("/me", act="language", locale="id", back="/mitras?state=online")
    assert done.headers["location"] == "/mitras?state=online"
    assert '<html lang="id"' in (await visit.get("/mitras")).text
    elsewhere = await visit.send("/me", act="language", locale="en", back="//example.com")
    assert elsewhere.headers["location"] == "/"


async def test_live_says_what_waits_for_the_operator_who_may_do_it(visit: Guest, market: Market, ayu: Person) -> None:
    market.mitra()
    payment = market.owed(market.customer())
    await visit.log_in(market, ayu)
    said = (await visit.get("/live/todo")).text
    assert "the oldest for less than a day" in said
    paid = "UPDATE core.payment_requests SET confirmed_at = confirmed_at - interval '26 hours' WHERE id = %s"
    session = market.value(f"{paid} RETURNING session_id", payment)
    earlier = "UPDATE core.chat_sessions SET ended_at = ended_at - interval '25 hours' WHERE id = %s RETURNING id"
    market.value(earlier, session)
    assert "the oldest for 1 day<" in (await visit.get("/live/todo")).text
    assert ">for 1 day<" in (await visit.get("/payments/refunds")).text
    assert 'href="/payments/refunds">refunds due <b>1</b>' in said
    assert 'href="/reports?status=open">open reports <b>0</b>' in said
    reads = '{"dashboard": ["read"], "payments": ["read"], "reports": ["read"]}'
    await visit.log_in(market, market.operator(market.role(reads)))
    assert "<a" not in (await visit.get("/live/todo")).text


async def test_lists_that_are_shown_whole_can_be_had_as_csv(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    for path in ("/config", "/texts", "/people", "/people/roles"):
        link = re.search(r'<a href="([^"]+format=csv)" download>', (await visit.get(path)).text)
        assert link is not None, path
        assert (await visit.client.get(html.unescape(link[1]))).headers["content-type"].startswith("text/csv"), path
