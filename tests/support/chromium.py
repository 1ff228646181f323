"""Debian's Chromium, where it is installed, and what axe-core says of a page in it."""

import shutil
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, expect

from tests.support.waiting import PATIENCE_SECONDS

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=LocalNetworkAccessChecks",  # the clients' page comes from no address, so it counts as foreign
]
needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="no browser is here: install Debian's chromium (apt-get install chromium), as .ci/run does"
)
PATIENCE_MS = 1000 * PATIENCE_SECONDS
expect.set_options(timeout=PATIENCE_MS)


def be_patient(context: BrowserContext) -> BrowserContext:
    """Let it wait for pages and elements as long as tests wait for anything."""
    context.set_default_timeout(PATIENCE_MS)
    return context


_AXE = Path(__file__).parents[2] / "app/http/assets/node_modules/axe-core/axe.min.js"


async def faults(page: Page) -> list[str]:
    """What axe-core finds on the page, as it looks now, that keeps somebody from using it."""
    await page.evaluate(_AXE.read_text())
    found = await page.evaluate("axe.run({resultTypes: ['violations']})")
    return [
        f"{page.url}: {fault['id']}: {node['html'][:200]} {node['failureSummary']}"
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
