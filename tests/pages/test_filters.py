"""The filters of lists: what of them goes into an address."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import msgspec

import app.pages
from app.pages import SCREENS
from app.resources.internal.mitras import MitraTimeline
from app.resources.internal.webhooks import WebhookList
from tests.pages.visits import Guest
from tests.support.market import Market, Person

REFUSED = "A phone number may not be in an address."
TEMPLATES = Path(app.pages.__file__).parent / "templates"
FILTERED = {path for path, screen in SCREENS.items() if screen.has_filters}
LISTS = {"/payments/webhooks": WebhookList, "/mitras/{mitra_id:uuid}": MitraTimeline}
"""The lists of screens that the menu shows to others, too."""
NO_FILTERS = {"limit", "cursor", "phones"}
"""What says how much of a list is shown."""


def address(screen: str, market: Market) -> str:
    """Where a screen is, of some mitra if it is about one."""
    return screen.replace("{mitra_id:uuid}", str(market.mitra().id)) if "{" in screen else screen


async def test_a_phone_in_a_filter_is_refused_and_goes_no_further(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    places = (("/customers", "id"), ("/sessions", "customer_id"), ("/sessions", "mitra_id"), ("/mitras", "q"))
    others = (("/sessions", "q"), ("/payments", "q"), ("/audit", "subject"), ("/audit", "actor"))
    for path, name in (*places, *others):
        csrf = await visit.csrf(path)
        for phone in ("081198765432", "0811-9876-5432", "Sari +62 811 9876 5432"):
            fields: dict[str, Any] = {"csrf": csrf, "act": "filter", name: phone}
            typed = await visit.send(path, **fields)
            addressed = await visit.get(path + "?" + urlencode({name: phone}))
            for page in (typed, addressed):
                assert page.status_code == 422, f"{path} {name} {phone}"
                assert REFUSED in page.text
                assert page.text.count('aria-invalid="true"') == 1
                assert "5432" not in page.text, f"{path} {name} {phone}"


async def test_no_phone_of_several_goes_further_on_any_screen_with_filters(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    names = ("customer_id", "mitra_id", "actor", "subject", "id", "q", "since", "+6281198765432")
    chosen: dict[str, Any] = dict.fromkeys(names, "0811 9876 5432") | {"kept": "yes"}
    for screen in sorted(FILTERED):
        path = address(screen, market)
        typed = await visit.send(path, act="filter", **chosen)
        addressed = await visit.get(path + "?" + urlencode(chosen))
        for page in (typed, addressed):
            assert (page.status_code, REFUSED in page.text) == (422, True), path
            assert "5432" not in page.text, path
            assert f'name="back" value="{path}?kept=yes"' in page.text, path


def test_every_screen_with_a_form_of_filters_has_them_judged() -> None:
    templates = {path: getattr(screen, "template", None) for path, screen in SCREENS.items()}
    with_form = {path for path, name in templates.items() if name and "ui.filters()" in (TEMPLATES / name).read_text()}
    assert with_form == FILTERED
    assert not any(SCREENS[path].is_open for path in FILTERED)


async def test_every_filter_that_a_list_has_is_sent_with_its_form(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    for screen in sorted(FILTERED):
        path, some = address(screen, market), str(uuid4())
        listed = LISTS.get(screen) or SCREENS[screen].needs
        assert listed is not None, screen
        query = listed.operations()["get"].query
        for name in {field.encode_name for field in msgspec.structs.fields(query)} - NO_FILTERS:
            page = (await visit.get(f"{path}?{name}={some}")).text
            form = page.partition('<form class="filters"')[2].partition("</form>")[0]
            assert f'name="{name}"' in form, f"{path} has no {name}"
            if name.endswith("_id"):
                assert f'name="{name}" value="{some}"' in form, f"{path} drops {name}"


async def test_filters_outlive_the_end_of_a_login_and_phones_do_not(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    csrf = await visit.csrf("/sessions")
    idle = "UPDATE core.auth_sessions SET used_at = now() - interval '30 minutes' WHERE kind = 'web' RETURNING id"
    market.value(idle)
    chosen: dict[str, Any] = {"status": "active", "customer_id": "081198765432", "mitra_id": "0811 9876 5432"}
    typed = await visit.send("/sessions", csrf=csrf, act="filter", **chosen)
    addressed = await visit.get("/sessions?" + urlencode(chosen))
    for led in (typed, addressed):
        assert (led.status_code, led.headers["location"]) == (303, "/login?back=%2Fsessions%3Fstatus%3Dactive")


async def test_only_screens_with_filters_take_them(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    for path in ("/login", "/me", "/"):
        csrf = await visit.csrf("/me")
        refused = await visit.send(path, csrf=csrf, act="filter", q="081198765432")
        assert (refused.status_code, "This page has no such form." in refused.text) == (422, True), path


async def test_a_time_goes_into_the_address_as_an_instant_that_is_the_same_for_everybody(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    chosen: dict[str, Any] = {"from": "2026-03-01T07:30"}
    led = await visit.send("/sessions", act="filter", **chosen)
    address = led.headers["location"]
    assert address == "/sessions?from=2026-03-01T00%3A30%3A00.000000Z"
    assert 'name="from" value="2026-03-01T07:30"' in (await visit.get(address)).text
    elsewhere = market.operator()
    zone = "UPDATE core.control_center_users SET time_zone = 'UTC' WHERE id = %s RETURNING id"
    market.value(zone, elsewhere.id)
    await visit.log_in(market, elsewhere)
    assert 'name="from" value="2026-03-01T00:30"' in (await visit.get(address)).text
    chosen["from"] = "2026-02-30T07:30"
    wrong = await visit.send("/sessions", act="filter", **chosen)
    assert wrong.headers["location"] == "/sessions?from=2026-02-30T07%3A30"


async def test_a_session_and_a_payment_are_found_by_the_id_that_tables_show(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    mitra = market.mitra()
    sessions = [market.session(market.customer(), mitra) for _ in range(2)]
    payments = [market.payment(market.customer()) for _ in range(2)]
    for path, (one, other), what in (("/sessions", sessions, "session"), ("/payments", payments, "payment")):
        led = await visit.send(path, act="filter", q=f" {str(one)[:8]} ")
        assert led.headers["location"] == f"{path}?q={str(one)[:8]}"
        page = (await visit.get(led.headers["location"])).text
        assert f'href="{path}/{one}"' in page
        assert f'href="{path}/{other}"' not in page
        wrong = await visit.get(f"{path}?q={str(one)[:7]}")
        assert wrong.status_code == 422
        assert f"A {what} is found by the beginning of its id." in wrong.text
        assert f'name="q" value="{str(one)[:7]}"' in wrong.text
        assert wrong.text.count('aria-invalid="true"') == 1


async def test_filters_go_into_the_address_and_blank_ones_do_not(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    shown = await visit.send("/mitras", act="filter", state="online", q=" Sari & co ")
    assert (shown.status_code, shown.headers["location"]) == (303, "/mitras?state=online&q=Sari+%26+co")
    all_of_them = await visit.send("/mitras", act="filter", state="", q=" ")
    assert (all_of_them.status_code, all_of_them.headers["location"]) == (303, "/mitras")
    elsewhere = await visit.send("/mitras", csrf="0" * 64, act="filter", state="online")
    assert elsewhere.status_code == 403
