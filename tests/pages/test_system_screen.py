"""The check of the rules on the screen of the system: it goes on by itself, and says at its end what it found."""

import html
import re

import psycopg
from playwright.async_api import Browser, expect

from tests.pages.visits import Guest
from tests.support.browser import tab
from tests.support.check import A_SLICE_A_PAGE
from tests.support.chromium import needs_chromium
from tests.support.market import Market, Person
from tests.support.waiting import PATIENCE_SECONDS

ALL_IS_WELL = 'badge good">all hold</span> Everything is checked.'


async def test_what_is_small_is_checked_at_once(visit: Guest, market: Market) -> None:
    await visit.log_in(market, market.operator())
    assert "Everything is checked" not in (await visit.get("/system")).text
    page = (await visit.get("/system?check=1")).text
    assert ALL_IS_WELL in page
    assert "hx-get" not in page
    assert "Go on with the check" not in page


async def test_a_check_goes_on_by_itself_and_says_only_at_its_end_that_all_is_well(
    visit: Guest, market: Market, conn: psycopg.Connection
) -> None:
    for _ in range(5):
        market.session(market.customer(), market.mitra())
    conn.execute(A_SLICE_A_PAGE)
    await visit.log_in(market, market.operator())
    page = (await visit.get("/system?check=1")).text
    assert "The check has begun" in page
    parts = 0
    while (following := re.search('hx-get="([^"]+)"', page)) is not None:
        assert ALL_IS_WELL not in page
        page = (await visit.get(html.unescape(following[1]))).text
        assert "<html" not in page
        parts += 1
        if parts == 10:
            assert re.search("Checked so far: what was made before|The check has begun", page)
    assert parts > 10
    assert ALL_IS_WELL in page


async def test_what_a_check_finds_is_shown_until_somebody_goes_on_and_is_told_at_the_end(
    visit: Guest, market: Market, conn: psycopg.Connection
) -> None:
    conn.execute("UPDATE core.mitra_loads SET capacity = 7 WHERE mitra_id = %s", [market.mitra().id])
    conn.execute(A_SLICE_A_PAGE)
    await visit.log_in(market, market.operator())
    page = (await visit.get("/system?check=1")).text
    shown = 0
    while (following := re.search('hx-get="([^"]+)"|name="cursor" value="([^"]+)"', page)) is not None:
        if following[1]:
            page = (await visit.get(html.unescape(following[1]))).text
        else:
            shown += 1
            assert "capacity is what chat_sessions say" in page
            assert "Found so far: 1." in page
            page = (await visit.get(f"/system?check=1&cursor={following[2]}&found=1")).text
    assert shown == 1
    assert ALL_IS_WELL not in page
    assert "not all hold</span> Everything is checked. Found: 1." in page


async def test_displays_have_pages(visit: Guest, market: Market, ayu: Person) -> None:
    for number in range(51):
        market.value("SELECT api.open_display(%s, sha256(%s), %s)", f"Screen {number:02}", f"{number}".encode(), ayu.id)
    await visit.log_in(market, ayu)
    page = (await visit.get("/system")).text
    assert page.count('<dialog id="dialog-revoke') == 50
    assert "Screen 00" not in page
    assert '<a href="/internal/displays?format=csv" download>' in page
    following = re.search(r'rel="next" href="([^"]+)"', page)
    assert following is not None
    page = (await visit.get(html.unescape(following[1]))).text
    assert page.count('<dialog id="dialog-revoke') == 1
    assert "Screen 00" in page
    market.value("SELECT api.revoke_display(family) FROM core.auth_sessions WHERE label = 'Screen 00'")
    page = (await visit.get(html.unescape(following[1]))).text
    assert "First page" in page
    assert "No screen is a display." not in page


async def test_a_wrong_place_in_the_check_is_no_fault(visit: Guest, market: Market) -> None:
    await visit.log_in(market, market.operator())
    page = await visit.get("/system?check=1&cursor=x&found=many")
    assert page.status_code == 200
    assert "This part is not available at the moment." in page.text
    assert ALL_IS_WELL not in page.text


@needs_chromium
async def test_in_a_browser_the_check_comes_to_its_end_by_itself(
    app: int, browser: Browser, market: Market, conn: psycopg.Connection, email: str
) -> None:
    for _ in range(5):
        market.session(market.customer(), market.mitra())
    conn.execute(A_SLICE_A_PAGE)
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        await screen.log_in(email)
        await screen.page.goto("/system")
        await screen.page.get_by_role("button", name="Check now").click()
        rules = screen.page.locator('section[aria-labelledby="h-rules"]')
        await expect(rules).to_contain_text("all hold Everything is checked.", timeout=1000 * PATIENCE_SECONDS)
        await expect(rules.get_by_role("button", name="Go on with the check")).to_have_count(0)
        assert screen.complaints == []
