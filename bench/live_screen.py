"""How soon an operator sees Live, and a change in the database on it, in Chromium on this machine.

python -m bench.live_screen [--rounds 20]
"""

import argparse
import random
import statistics
import time
from itertools import cycle

import psycopg
from playwright.sync_api import Page, expect, sync_playwright

from app.auth.passwords import hash_password
from bench.stage import SECRET, row, stage
from tests.support.chromium import CHROMIUM, CHROMIUM_ARGUMENTS

EMAIL, PASSWORD = "bench@example.com", "a password for this benchmark"
PATIENCE_SECONDS = 10.0
FIGURE = "[data-figure=online_mitras]"
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
# The moment at which the figure changes is noted where it changes: in the page.
NOTE = f"""
new MutationObserver(() => {{ window.changedAt = Date.now(); }})
    .observe(document.querySelector('{FIGURE}'), {{childList: true, characterData: true, subtree: true}})
"""


def soon(page: Page, expression: str) -> float:
    """What the expression is on the page, when it is anything."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (value := page.evaluate(expression)) is None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"not seen on the page: {expression}")
        page.wait_for_timeout(20)
    return float(value)


def log_in(page: Page) -> None:
    page.goto("/login")
    page.fill("[name=email]", EMAIL)
    page.fill("[name=password]", PASSWORD)
    page.click("form button.main")
    page.wait_for_url(lambda url: "/login" not in url)


def paints(page: Page, rounds: int) -> list[float]:
    """Milliseconds from asking for Live to its first text, each time."""
    times = []
    for _ in range(rounds):
        page.goto("/")
        times.append(soon(page, PAINT))
    return times


def changes(page: Page, conn: psycopg.Connection, rounds: int) -> list[float]:
    """Milliseconds from the commit of a change to its sight, each time: mitras go, and come back."""
    mitras = [mitra for (mitra,) in conn.execute("SELECT id FROM core.mitras LIMIT 1")]
    page.goto("/")
    expect(page.locator("[data-fresh]")).to_have_text("live")
    page.evaluate(NOTE)
    times = []
    for _, function in zip(range(rounds), cycle(("go_offline", "go_online")), strict=False):
        page.wait_for_timeout(random.uniform(0, 1_000))  # the app looks once a second: at any moment of that
        page.evaluate("window.changedAt = null")
        conn.execute(f"SELECT api.{function}(%s)".encode(), [mitras[0]])
        committed = time.time() * 1000
        times.append(soon(page, "window.changedAt") - committed)
    return times


def told(times: list[float]) -> str:
    return f"{statistics.median(times):.0f} ms, at most {max(times):.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=20)
    arguments = parser.parse_args()
    with stage() as on, on.connect() as conn:
        on.pairs(100)
        conn.execute("SELECT api.create_admin(%s, 'Bench', %s)", [EMAIL, hash_password(PASSWORD)])
        with on.serving("internal", "halo_cc", "INTERNAL_PORT", AUTH_JWT_SECRET=SECRET) as port, sync_playwright() as p:
            browser = p.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
            page = browser.new_page(base_url=f"http://127.0.0.1:{port}")
            log_in(page)
            result = (
                f"first paint {told(paints(page, arguments.rounds))};"
                f" from a commit to its sight {told(changes(page, conn, arguments.rounds))}"
            )
            browser.close()
    print(row("Live in Chromium, 100 sessions", "python -m bench.live_screen", result))


if __name__ == "__main__":
    main()
