"""The main ways through the control centre, in a real browser."""

import re

import httpx
from playwright.async_api import Browser, expect

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.browser import tab
from tests.support.chromium import needs_chromium
from tests.support.http_apps import serving
from tests.support.market import PASSWORD, Market, Person

pytestmark = needs_chromium


async def prices(api: httpx.AsyncClient, customer: Person) -> list[int]:
    """What this customer would pay for each package on sale."""
    items = (await api.get("/api/packages", headers=customer.headers)).json()["items"]
    return [item["price"] for item in items]


async def test_a_price_is_changed_and_the_next_customer_pays_it(
    app: int, browser: Browser, market: Market, email: str, api_settings: ApiSettings
) -> None:
    customer = market.customer()
    market.package(price=15_000)
    async with serving(create_public_app(api_settings)) as api, tab(browser, f"http://127.0.0.1:{app}") as screen:
        assert await prices(api, customer) == [15_000]
        page = screen.page
        await screen.log_in(email)
        await page.goto("/packages")
        await page.click("table a")
        await page.click('[data-opens="dialog-version"]')
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("pay the price of their link")
        await dialog.get_by_label("Price in rupiah").fill("17.500")
        await dialog.get_by_role("button", name="Replace it").click()
        await expect(page.locator(".notice")).to_contain_text("on sale now")
        await expect(page.locator('[data-figure="price"]')).to_have_text("Rp 17,500")
        assert await prices(api, customer) == [17_500]
        assert screen.complaints == []


async def test_money_goes_back_by_hand_by_transfer_and_into_the_balance(
    app: int, browser: Browser, market: Market, email: str
) -> None:
    market.mitra()
    payments = [market.owed(market.customer()) for _ in range(3)]
    second = market.email(market.operator())
    state = "SELECT refund_status FROM core.payment_requests WHERE id = %s"
    address = f"http://127.0.0.1:{app}"
    async with tab(browser, address) as screen, tab(browser, address) as other:
        page = screen.page
        await screen.log_in(email)
        await page.goto("/payments/refunds")
        await expect(page.locator("tbody tr")).to_have_count(3)
        for payment, way in zip(payments, ("provider", "credit", "transfer"), strict=True):
            await page.goto(f"/payments/{payment}")
            await page.click('[data-opens="dialog-refund"]')
            dialog = page.get_by_role("dialog")
            await dialog.get_by_label("Way", exact=True).select_option(way)
            if way == "credit":
                await dialog.get_by_label("The customer agreed").check()
            await dialog.get_by_label("Reason").fill("nobody answered")
            await dialog.get_by_role("button", name="Pay back").click()
            await expect(page.locator(".notice")).to_be_visible()
        assert [market.value(state, payment) for payment in payments] == ["refunded", "refunded", "requested"]

        # Who asked for a transfer can't confirm it: a second user does, who reads what to do.
        people = ((page, "You asked for this transfer"), (other.page, "such as you"))
        await other.log_in(second)
        now = "SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        for at, said in people:
            await at.goto(f"/payments/{payments[2]}")
            await expect(at.locator(".hint")).to_contain_text(said)
            if at is page:
                await expect(at.locator('[data-opens="dialog-paid"], [data-opens="dialog-not_paid"]')).to_have_count(0)
                continue
            await at.click('[data-opens="dialog-paid"]')
            dialog = at.get_by_role("dialog")
            await dialog.get_by_label("Bank", exact=True).fill("BCA")
            await dialog.get_by_label("The bank's reference").fill("FT-1")
            await dialog.get_by_label("Paid at").fill(market.value(now))
            await dialog.get_by_role("button", name="Confirm that it was paid").click()
        await expect(other.page.locator(".notice")).to_contain_text("the money is paid back")
        assert market.value(state, payments[2]) == "refunded"
        await page.goto("/payments/refunds")
        await expect(page.locator("main")).to_contain_text("Nothing is to be paid back.")
        market.assert_all_is_well()


async def test_a_dialog_that_was_cancelled_can_be_used_after_all(
    app: int, browser: Browser, market: Market, email: str
) -> None:
    session = market.session(market.customer(), market.mitra())
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        await screen.log_in(email)
        await page.goto(f"/sessions/{session}")
        dialog = page.get_by_role("dialog")
        await page.click('[data-opens="dialog-end"]')
        await dialog.get_by_role("button", name="Cancel").click()
        await expect(dialog).to_have_count(0)
        await page.click('[data-opens="dialog-end"]')
        await dialog.get_by_label("Reason").fill("asked by phone")
        await dialog.get_by_role("button", name="End the session").click()
        await expect(page.locator(".notice")).to_have_text("The session has ended.")
        assert screen.complaints == []


async def test_a_rule_is_changed_acts_and_is_undone(app: int, browser: Browser, market: Market, email: str) -> None:
    waits = "SELECT core.config_int('offer_timeout_seconds')"
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        await screen.log_in(email)
        await page.goto("/config?q=offer may be accepted")
        await page.click("table a")
        await page.click('[data-opens="dialog-change"]')
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Value in seconds").fill("45")
        await dialog.get_by_label("Reason").fill("mitras asked for more time")
        await dialog.get_by_role("button", name="Change").click()
        await expect(page.locator('[data-figure="value"]')).to_have_text("45 seconds")
        await expect(page.locator("table")).to_contain_text("mitras asked for more time")
        assert market.value(waits) == 45
        await page.click('[data-opens="dialog-undo"]')
        await expect(dialog).to_contain_text("It becomes 30 seconds again, instead of 45 seconds.")
        await dialog.get_by_role("button", name="Back to 30 seconds").click()
        await expect(page.locator('[data-figure="value"]')).to_have_text("30 seconds")
        assert market.value(waits) == 30

        # Who did it is chosen in the audit log from the users, who are asked for then.
        await page.goto("/audit")
        await expect(page.locator("#users option")).to_have_count(0)
        await page.locator("#actor").focus()
        await expect(page.locator(f'#users option[value="{email}"]')).to_have_count(1)
        await page.locator("#actor").fill(email)
        await page.get_by_role("button", name="Show").click()
        await expect(page).to_have_url(re.compile("actor="))
        await expect(page.locator("table")).to_contain_text("mitras asked for more time")
        assert screen.complaints == []


async def test_a_colleague_with_fewer_rights_sees_less(app: int, browser: Browser, market: Market, email: str) -> None:
    market.mitra()
    address = f"http://127.0.0.1:{app}"
    async with tab(browser, address) as screen, tab(browser, address) as other:
        page = screen.page
        await screen.log_in(email)
        await page.goto("/people/roles")
        await page.click('[data-opens="dialog-create"]')
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Name").fill("night_shift")
        await dialog.get_by_label("mitras: see").check()
        await dialog.get_by_label("sessions: see", exact=True).check()
        await dialog.get_by_role("button", name="Create").click()
        await expect(page.locator("table.list")).to_contain_text("night_shift")
        await page.goto("/people")
        await page.click('[data-opens="dialog-create"]')
        await dialog.get_by_label("Name").fill("Rina")
        await dialog.get_by_label("E-mail").fill("rina@example.com")
        await dialog.get_by_label("Role").select_option("night_shift")
        await dialog.get_by_label("First password").fill(PASSWORD)
        await dialog.get_by_role("button", name="Create").click()
        await expect(page.locator(".notice")).to_contain_text("may log in now")

        await other.log_in("rina@example.com")
        await other.page.goto("/mitras")
        await expect(other.page.locator("#menu a")).to_have_text(["Sessions", "Pairings", "Mitras"])
        await expect(other.page.locator("main button", has_text="New mitra")).to_have_count(0)
        await other.page.goto("/config")
        await expect(other.page.locator("main")).to_contain_text("That did not work")


async def test_how_far_a_replay_is_comes_by_itself(
    app: int, browser: Browser, market: Market, ayu: Person, email: str
) -> None:
    asked = (
        "INSERT INTO core.replays (actor_id, from_at, to_at, settings, seed, searches, done_until)"
        " SELECT %s, now - interval '1 day', now, '{\"blast_size\": 2}', 1, 300, now - interval '1 day'"
        " FROM clock_timestamp() AS now RETURNING id"
    )
    replay = market.value(asked, ayu.id)
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        await screen.log_in(email)
        await page.goto("/config/blast_size")
        await expect(page.locator("[data-asks]")).to_contain_text("0 percent replayed so far")
        market.value(
            "UPDATE core.replays SET done_until = from_at + interval '12 hours' WHERE id = %s RETURNING id", replay
        )
        await expect(page.locator("[data-asks]")).to_contain_text("50 percent replayed so far")
        market.value("SELECT api.cancel_replay(%s)", replay)
        await expect(page.locator("[data-asks]")).to_contain_text("cancelled")
        await expect(page.locator("[data-running]")).to_have_count(0)
        await expect(page.get_by_role("button", name="Replay with another value")).to_be_visible()
        assert screen.complaints == []
