"""`/docs` in a real browser: under its Content-Security-Policy, searched, and tried against this very server."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright, expect

from tests.support.api_process import ApiProcess
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS, be_patient, needs_chromium
from tests.support.market import Person

pytestmark = needs_chromium


@pytest.fixture
def complaints() -> list[str]:
    """What the browser held against the page: violations of its policy, and errors."""
    return []


@pytest.fixture
async def page(api: ApiProcess, tmp_path: Path, complaints: list[str]) -> AsyncIterator[Page]:
    """The page, as a visitor sees it."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            tmp_path / "profile",
            executable_path=CHROMIUM,
            args=CHROMIUM_ARGUMENTS,
            base_url=f"http://127.0.0.1:{api.port}",
            viewport={"width": 1280, "height": 900},
        )
        page = await be_patient(context).new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto("/")
        yield page
        await context.close()


async def test_a_reader_searches_tries_an_operation_with_a_token_and_finds_what_a_code_means(
    page: Page, complaints: list[str], customer: Person
) -> None:
    await expect(page.locator("#operations-mitra-Heartbeat_post")).to_be_visible()
    assert page.url.endswith("/docs")

    await page.locator(".operation-filter-input").fill("/api/me")
    await expect(page.locator("#operations-mitra-Heartbeat_post")).to_have_count(0)
    await page.locator(".btn.authorize").click()
    await page.locator("#auth-bearer-value").fill(customer.token())
    await page.locator(".auth-container").filter(has=page.locator("#auth-bearer-value")).locator(".authorize").click()
    await page.locator(".close-modal").click()

    profile = page.locator("#operations-me-Me_get")
    await profile.click()
    await expect(profile.locator(".opblock-description")).to_contain_text("curl")
    await profile.locator(".try-out__btn").click()
    await profile.locator(".execute").click()
    await expect(profile.locator(".live-responses-table")).to_contain_text(str(customer.id))

    async with page.expect_popup() as opened:
        await profile.locator(".responses-table a", has_text="UNAUTHENTICATED").first.click()
    errors = await opened.value
    await expect(errors.locator("tr:target")).to_contain_text("A valid access token is needed.")
    await errors.goto("/docs/socket")
    await expect(errors.locator("#shape-PairingOffer pre")).to_contain_text("pairing_offer")
    assert complaints == []
