"""Live in a real browser, where its stream may not be watched or does not come at once."""

import pytest
from playwright.async_api import Browser, Route, expect

from tests.support.browser import tab
from tests.support.chromium import needs_chromium
from tests.support.market import Market

pytestmark = needs_chromium

MISSING = "This part is not available at the moment."


async def test_who_may_not_see_the_figures_reads_so_and_keeps_the_rest(
    app: int, browser: Browser, market: Market
) -> None:
    clerk = market.operator(market.role('{"payouts": ["read", "update"]}'))
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page, asked = screen.page, list[str]()
        page.on("request", lambda request: asked.append(request.url))
        await screen.log_in(market.email(clerk))
        async with page.expect_response("**/live/aside"):  # the stream would be asked for at the same time
            await page.goto("/")
        await expect(page.locator("#live")).to_contain_text(MISSING)
        await page.goto("/wallboard")
        await expect(page.locator("#wallboard")).to_contain_text(MISSING)
        assert [url for url in asked if "/stream" in url] == []


async def test_figures_go_with_the_permission_to_see_them(app: int, browser: Browser, market: Market) -> None:
    role = market.role('{"dashboard": ["read"]}')
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        await screen.log_in(market.email(market.operator(role)))
        market.mitra()
        await expect(page.locator('[data-figure="online_mitras"]')).to_have_text("1")  # the stream has come
        market.value("UPDATE core.roles SET permissions = '{}' WHERE name = %s RETURNING id", role)
        await expect(page.locator("#live")).to_contain_text(MISSING)
        await expect(page.locator("[data-figure]")).to_have_count(0)


@pytest.mark.parametrize("failure", ["an answer", "no answer"])
async def test_a_first_connection_that_fails_is_tried_again(
    app: int, browser: Browser, market: Market, email: str, failure: str
) -> None:
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        failed: list[str] = []

        async def fail_once(route: Route) -> None:
            if failed:
                await route.continue_()
                return
            failed.append(route.request.url)
            if failure == "no answer":
                await route.abort()
            else:
                body = '{"code": "SERVICE_UNAVAILABLE"}'
                await route.fulfill(status=503, content_type="application/problem+json", body=body)

        await page.route("**/live/stream", fail_once)
        await screen.log_in(email)
        await expect(page.locator("[data-fresh]")).to_contain_text("Connection lost")
        online = page.locator('[data-figure="online_mitras"]')
        await expect(online).to_have_text("0")  # not why it failed
        market.mitra()
        await expect(online).to_have_text("1")
        await expect(page.locator("[data-fresh]")).to_have_text("live")
