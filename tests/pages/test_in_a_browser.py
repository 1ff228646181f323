"""The control centre in a real browser: it moves, asks before it destroys, and says when it is cut off."""

import os
import random
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import Browser, Page, expect

from tests.support.browser import tab
from tests.support.chromium import faults, needs_chromium
from tests.support.market import Market, Person
from tests.support.proxy import proxied
from tests.support.sizes import IS_PROOF

pytestmark = needs_chromium

PICTURES = os.environ.get("PICTURES")
"""A folder for a picture of each screen, with a week of made-up history on it; two of them are in the README."""

SCREENS = (
    "/",
    "/me",
    "/mitras",
    "/sessions",
    "/pairings",
    "/offers",
    "/customers",
    "/payments",
    "/payments/refunds",
    "/payments/webhooks",
    "/packages",
    "/texts",
    "/config",
    "/audit",
    "/people",
    "/people/roles",
    "/system",
    "/licences",
    "/wallboard",
)


async def picture(page: Page, name: str) -> None:
    """Keep a picture of the screen, if pictures are asked for."""
    if PICTURES:
        await page.wait_for_timeout(2_000)  # charts are drawn; pictures are for people, no test looks at them
        await page.screenshot(path=Path(PICTURES) / f"{name}.png")


async def test_figures_move_go_grey_when_the_connection_is_lost_and_come_back(
    app: int, browser: Browser, market: Market, email: str
) -> None:
    async with (
        proxied(app, random.Random(1)) as network,
        tab(browser, f"http://127.0.0.1:{network.port}") as screen,
    ):
        page = screen.page
        await screen.log_in(email)
        online = page.locator('[data-figure="online_mitras"]')
        fresh = page.locator("[data-fresh]")
        await expect(online).to_have_text("0")
        await expect(fresh).to_have_text("live")
        mitra = market.mitra()
        await expect(online).to_have_text("1")
        await expect(page.locator('[data-figure="customers_per_mitra"] li')).to_have_count(1)
        await expect(page.locator('[data-figure="free_slots"]')).to_have_text("3")
        market.session(market.customer(), mitra)
        await expect(page.locator('[data-figure="customers_per_mitra.0.free_slots"]')).to_have_text("2 free")
        await expect(page.locator('[data-figure="free_slots"]')).to_have_text("2")
        assert screen.complaints == []

        network.refusing = True
        network.end()
        await expect(fresh).to_contain_text("Connection lost")
        await expect(page.locator("body.cut")).to_be_visible()
        market.mitra()
        network.refusing = False
        await expect(online).to_have_text("2")
        await expect(fresh).to_have_text("live")


async def test_a_destructive_act_says_what_will_happen_asks_why_and_keeps_what_was_typed(
    app: int, browser: Browser, market: Market, email: str
) -> None:
    session = market.session(market.customer(), market.mitra())
    async with tab(browser, f"http://127.0.0.1:{app}") as screen:
        page = screen.page
        await screen.log_in(email)
        await page.goto(f"/sessions/{session}")
        await page.click('[data-opens="dialog-end"]')
        dialog = page.get_by_role("dialog")
        await expect(dialog).to_contain_text("ends for both")
        await page.keyboard.press("Escape")
        await expect(dialog).to_have_count(0)
        await page.click('[data-opens="dialog-end"]')
        await dialog.get_by_label("Reason").fill("asked by phone")
        await dialog.get_by_role("button", name="End the session").click()
        await expect(page.locator(".notice")).to_have_text("The session has ended.")
        await expect(page).to_have_url(re.compile(rf"/sessions/{session}$"))  # without what was done
        assert market.value("SELECT reason FROM core.audit_log WHERE action = 'session.end'") == "asked by phone"

        await page.goto("/mitras")
        await page.click('[data-opens="dialog-create"]')
        await dialog.get_by_label("Name").fill("Sari")
        await dialog.get_by_label("Phone").fill("12")
        await dialog.get_by_role("button", name="Create").click()
        await expect(dialog.get_by_role("alert")).to_be_visible()
        await expect(dialog.get_by_label("Name")).to_have_value("Sari")
        await expect(dialog.get_by_label("Phone")).to_have_attribute("aria-invalid", "true")
        await dialog.get_by_label("Phone").fill("+6281234567890")
        await dialog.get_by_role("button", name="Create").click()
        await expect(page.locator("table")).to_contain_text("Sari")
        screen.complaints = [said for said in screen.complaints if "422" not in said]  # the browser tells each refusal
        assert screen.complaints == []


@pytest.mark.grows
async def test_every_screen_is_for_all_in_both_languages_colours_and_on_a_phone(
    app: int, browser: Browser, market: Market, ayu: Person, email: str
) -> None:
    if PICTURES:
        market.value("SELECT api.seed_demo(true) IS NULL")
        market.value("SELECT sum(api.seed_demo_history(day)) FROM generate_series(7, 0, -1) AS day")
    session = market.session(market.customer(), market.mitra())
    much = (
        "INSERT INTO core.figure_changes (metric, at, bucket, value) VALUES ('revenue', %s, 0, 123456789) RETURNING at"
    )
    market.value(much, datetime.now(UTC).replace(second=0, microsecond=0))  # a wall has room for a good day
    package = market.package()
    customer = market.value("SELECT id FROM core.customers LIMIT 1")
    role = market.value("SELECT id FROM core.roles WHERE name = %s", market.role('{"mitra": ["read"]}'))
    payment = market.value("SELECT id FROM core.payment_requests LIMIT 1")
    paths = (
        *SCREENS,
        f"/sessions/{session}",
        f"/customers/{customer}",
        f"/packages/{package}",
        f"/people/{ayu.id}",
        f"/people/roles/{role}",
        f"/payments/{payment}",
        "/texts/message",
        "/config/blast_size",
    )
    found: list[str] = []
    visitors: list[tuple[int, Literal["light", "dark"], str]] = [(1280, "light", "en-GB"), (360, "dark", "id-ID")]
    for number, (width, scheme, language) in enumerate(visitors):
        async with tab(browser, f"http://127.0.0.1:{app}", width=width, scheme=scheme, language=language) as screen:
            page = screen.page
            await page.goto("/login")
            found += await faults(page)
            await screen.log_in(email)
            # both visitors see all screens in `make proof`; here each sees every other one
            for path in paths if IS_PROOF or PICTURES else paths[number::2]:
                await page.goto(path)
                await picture(page, f"{path.strip('/').split('/')[0] or 'live'}-{scheme}-{len(path.split('/'))}")
                found += await faults(page)
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
                assert await page.evaluate("document.documentElement.lang") == language[:2]
            assert screen.complaints == []
    assert found == []
