"""The main ways through the control centre, in a real browser."""

import httpx
import pytest
from playwright.async_api import Browser, expect

from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.pages.browser import CHROMIUM, tab
from tests.support.http_apps import serving
from tests.support.market import Market, Person

pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="no browser is here: install Debian's chromium"),
    pytest.mark.timeout(180),
]


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
        await dialog.get_by_role("button", name="Undo").click()
        await expect(page.locator('[data-figure="value"]')).to_have_text("30 seconds")
        assert market.value(waits) == 30
        assert screen.complaints == []
