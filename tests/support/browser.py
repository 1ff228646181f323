"""A real browser on the control centre: what it holds against a page is kept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from playwright.async_api import Browser, Page, async_playwright

from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS, be_patient
from tests.support.market import PASSWORD


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start the browser; its pages share it."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield browser
        await browser.close()


@dataclass
class Tab:
    """A tab, and what it complained about: messages of the console, errors, reports of the policy."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def log_in(self, email: str) -> None:
        """Log in by the form."""
        await self.page.goto("/login")
        await self.page.fill("[name=email]", email)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.click("form button.main")
        await self.page.wait_for_url(lambda url: "/login" not in url)


@asynccontextmanager
async def tab(
    browser: Browser,
    address: str,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    language: str = "en-GB",
    **options: Any,
) -> AsyncIterator[Tab]:
    """Open a tab of its own session."""
    context = await browser.new_context(
        base_url=address,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        locale=language,
        **options,
    )
    be_patient(context)
    screen = Tab(await context.new_page())
    screen.page.on("console", lambda said: screen.complaints.append(said.text))
    screen.page.on("pageerror", lambda error: screen.complaints.append(str(error)))
    yield screen
    await context.close()
