"""`/demo` in a real browser: two phones on one page, played by hand."""

import asyncio
import json
import re

import psycopg
import pytest
from playwright.async_api import Page, Route, expect

from tests.clients.phones import CODE, begin, buy, end, go_online, log_in, phone, press, say
from tests.support.browser import Tab
from tests.support.chromium import faults, needs_chromium
from tests.support.people import People
from tests.support.sizes import in_proof_alone
from tests.support.waiting import PATIENCE_SECONDS

pytestmark = needs_chromium


async def test_a_newcomer_plays_the_main_job_by_hand(page: Page, conn: psycopg.Connection, people: People) -> None:
    assert await faults(page) == []
    customer, mitra = phone(page, "Customer 1"), phone(page, "Mitra 1")
    await expect(customer).to_contain_text("simulated mitras leave it to you. Log it in, and go online.")
    await go_online(mitra)
    await expect(customer).not_to_contain_text("simulated mitras")
    await expect(customer).to_contain_text("1 available now")
    await buy(customer)
    await expect(customer).to_contain_text("You are next.")
    await customer.get_by_role("link", name="Go to it.").click()
    await expect(mitra.get_by_role("button", name="Accept")).to_be_in_viewport()
    await press(mitra, "Accept")
    await expect(customer).to_contain_text("the clock runs")
    [session] = conn.execute("SELECT id FROM core.chat_sessions").fetchone() or []
    link = page.get_by_role("link", name=f"/sessions/{session}")
    await expect(link).to_have_attribute("href", f"http://127.0.0.1:3001/sessions/{session}")

    await customer.get_by_label("Message").press_sequentially("Halo")
    await expect(mitra).to_contain_text("Customer is typing")
    await press(customer, "Send")
    await expect(customer.locator(".mine")).to_contain_text("read")
    await say(mitra, "Halo Kak")
    await expect(customer.get_by_role("log")).to_contain_text("Halo Kak")
    await expect(mitra.locator(".mine")).to_contain_text("read")
    assert await faults(page) == []
    await expect(customer.locator("[data-part=notice]")).to_be_empty()
    place = await customer.get_by_role("button", name="Send").bounding_box()
    conn.execute("UPDATE core.session_warnings SET due_at = clock_timestamp()")  # no minute is waited for
    left = re.compile(r"\d+ seconds are left")
    await asyncio.gather(*(expect(side).to_contain_text(left) for side in (customer, mitra)))  # it passes
    assert await customer.get_by_role("button", name="Send").bounding_box() == place

    await customer.get_by_text("More minutes").click()
    await press(customer, "Tambah 2 menit")
    await press(customer, "Pay Rp 2,000")
    await expect(customer).to_contain_text("stands still")
    await expect(mitra).to_contain_text("Rp 2,000 for 2 more minutes")
    assert await faults(page) == []
    await press(mitra, "Accept")
    await expect(customer).to_contain_text("the minutes are added")
    await expect(customer.locator("header [role=timer]")).to_contain_text("3:")

    await customer.get_by_role("button", name="End the session").focus()
    await page.keyboard.press("Enter")
    await expect(customer.get_by_role("dialog", name="End the session")).to_contain_text("are not paid back")
    assert await faults(page) == []
    await page.keyboard.press("Enter")
    await expect(customer.get_by_role("dialog")).to_have_count(0)
    await expect(customer).to_contain_text("the clock runs")
    await end(customer)
    await expect(mitra).to_contain_text("the customer ended it")
    await expect(customer).to_contain_text("The session is over: you ended it.")
    await customer.get_by_label("5 ★").check()
    await customer.get_by_label("Comment").fill("Terima kasih")
    assert await faults(page) == []
    await press(customer, "Send")
    await expect(customer).to_contain_text("Thank you.")
    timeline = customer.get_by_role("link", name="See the last session's timeline")
    await expect(timeline).to_have_attribute("href", f"http://127.0.0.1:3001/sessions/{session}")

    frames = page.locator("#frames")
    await expect(frames).to_contain_text("session_ended")
    await frames.get_by_text("session_ended").first.click()
    await expect(frames.locator("pre")).to_contain_text('"end_reason": "ended_by_customer"')
    assert conn.execute("SELECT rating, comment FROM core.session_ratings").fetchall() == [(5, "Terima kasih")]
    await page.reload()
    await expect(link).to_be_visible()
    await expect(customer.get_by_label("Ask Mitra Satu first")).to_be_visible()
    people.assert_all_is_well()


@in_proof_alone("starts a browser")
async def test_a_package_with_a_new_price_is_shown_with_it_and_chosen_again(
    phones: Tab, conn: psycopg.Connection
) -> None:
    page = phones.page
    customer = phone(page, "Customer 1")
    await go_online(phone(page, "Mitra 1"))
    await customer.get_by_role("button", name="Coba 2 menit").wait_for()
    conn.execute("SELECT api.create_package_version(id, 2500) FROM core.price_packages WHERE name = 'Coba 2 menit'")
    await press(customer, "Coba 2 menit")
    await expect(customer).to_contain_text("This package has changed: Coba 2 menit now costs Rp 2,500. Choose again.")
    await expect(customer.get_by_role("button", name="Coba 2 menit Rp 2,500")).to_be_focused()

    conn.execute("SELECT api.set_package_active(id, false) FROM core.price_packages WHERE price = 2500")
    await page.keyboard.press("Enter")
    await expect(customer).to_contain_text("Coba 2 menit is not sold any more. Choose another package.")
    await expect(customer.get_by_role("button", name="Coba 2 menit")).to_have_count(0)
    assert conn.execute("SELECT count(*) FROM core.payment_requests").fetchone() == (0,)
    replaced, gone = phones.complaints  # the browser tells each refusal
    assert "409" in replaced
    assert "404" in gone
    phones.complaints.clear()


async def test_a_phone_whose_network_was_cut_has_missed_nothing(page: Page) -> None:
    customer, mitra = await begin(page)
    await expect(customer.locator("[data-part=presence]")).to_have_text("here now")
    network = page.locator("#mitra").get_by_role("switch", name="Network")
    await network.uncheck()
    await expect(mitra).to_contain_text("no connection, trying again")
    await expect(customer).to_contain_text("away")
    await say(customer, "Masih di sana?")
    await expect(customer.locator(".mine")).to_contain_text("sent")
    await say(mitra, "Halo?")
    await expect(mitra.locator(".mine")).to_contain_text("sending")

    await network.check()
    await expect(mitra.get_by_role("log")).to_contain_text("Masih di sana?")
    await expect(customer.get_by_role("log")).to_contain_text("Halo?")
    await expect(customer.locator(".mine")).to_contain_text("read")
    await expect(mitra.locator(".mine")).to_contain_text("read")
    await expect(mitra.get_by_role("log").locator("p")).to_have_count(2)


@in_proof_alone("starts a browser")
async def test_a_request_without_a_network_is_told_and_costs_nothing(page: Page) -> None:
    customer = phone(page, "Customer 1")
    await customer.get_by_role("button", name="Coba 2 menit").wait_for()
    await page.locator("#customer").get_by_role("switch", name="Network").uncheck()
    await log_in(phone(page, "Mitra 1"))
    await expect(customer).to_contain_text("no connection")
    await page.locator("#customer").get_by_role("switch", name="Network").check()
    await expect(customer).to_contain_text("connected")
    await press(phone(page, "Mitra 1"), "Go online")
    await expect(customer).to_contain_text("1 available now")  # subscribed anew


@in_proof_alone("starts a browser")
async def test_a_second_device_shows_the_same_and_may_be_put_away(page: Page) -> None:
    customer, mitra = await begin(page)
    await say(mitra, "Halo Kak")
    for place, name in (("#customer", "Customer 2"), ("#mitra", "Mitra 2")):
        await page.locator(place).get_by_role("switch", name="Second device").check()
        await log_in(phone(page, name))
        await expect(phone(page, name).get_by_role("log")).to_contain_text("Halo Kak")
    assert await faults(page) == []
    await say(phone(page, "Customer 2"), "Dari tablet")
    for name in ("Customer 1", "Customer 2", "Mitra 1", "Mitra 2"):
        await expect(phone(page, name).get_by_role("log").locator("p")).to_have_count(2)

    await page.reload()
    for name in ("Customer 1", "Customer 2", "Mitra 1", "Mitra 2"):
        await expect(phone(page, name).get_by_role("log").locator("p")).to_have_count(2)
    await page.locator("#customer").get_by_role("switch", name="Second device").uncheck()
    await expect(phone(page, "Customer 2")).to_have_count(0)
    await end(customer)
    await expect(phone(page, "Mitra 2")).to_contain_text("the customer ended it")
    await expect(mitra).to_contain_text("the customer ended it")


@in_proof_alone("starts a browser")
@pytest.mark.parametrize(("answer", "seconds"), [("Accept", 600), ("Decline", 20)])
async def test_an_offer_that_one_device_answers_goes_away_on_the_other(
    page: Page, people: People, answer: str, seconds: int
) -> None:
    people.set("offer_timeout_seconds", seconds)  # nobody is told of a no: on the other device the offer runs out
    customer, mitra, other = phone(page, "Customer 1"), phone(page, "Mitra 1"), phone(page, "Mitra 2")
    await go_online(mitra)
    await page.locator("#mitra").get_by_role("switch", name="Second device").check()
    await log_in(other)
    await expect(other).to_contain_text("You are online")
    await buy(customer)
    await expect(other.get_by_role("button", name=answer)).to_be_visible()
    await press(mitra, answer)
    await expect(other.locator("[data-part=offers] li")).to_have_count(0)


@in_proof_alone("starts a browser")
async def test_a_device_that_is_put_away_while_it_logs_in_stays_away(page: Page) -> None:
    asked, go_on = asyncio.Event(), asyncio.Event()

    async def late(route: Route) -> None:
        asked.set()
        await go_on.wait()
        await route.continue_()

    await page.route("**/api/auth/otp/verify", late)
    second = page.locator("#mitra").get_by_role("switch", name="Second device")
    await second.check()
    await log_in(phone(page, "Mitra 2"))
    async with asyncio.timeout(PATIENCE_SECONDS):
        await asked.wait()
    await second.uncheck()
    go_on.set()
    await expect(page.locator("#frames")).to_contain_text("200 POST /api/auth/otp/verify")
    await page.reload()
    await expect(phone(page, "Mitra 1")).to_be_visible()
    await expect(phone(page, "Mitra 2")).to_have_count(0)


@in_proof_alone("starts a browser")
async def test_everything_can_be_done_by_keyboard_and_focus_goes_along(page: Page) -> None:
    mitra = phone(page, "Mitra 1")
    await mitra.get_by_label("Phone number").focus()
    await page.keyboard.press("Enter")
    await expect(mitra.get_by_label("Code", exact=True)).to_be_focused()
    await page.keyboard.type(CODE)
    await page.keyboard.press("Enter")
    await expect(mitra).to_contain_text("You are offline")
    await mitra.get_by_role("button", name="Go online").focus()
    await page.keyboard.press("Enter")
    await expect(mitra.get_by_role("button", name="Go offline")).to_be_focused()

    customer = phone(page, "Customer 1")
    await customer.get_by_role("button", name="Coba 2 menit").focus()
    await page.keyboard.press("Enter")
    await expect(customer.get_by_role("heading", name="Pay")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(customer.get_by_role("heading", name="Looking for a mitra")).to_be_focused()


async def test_a_narrow_dark_page_in_indonesian_has_room_and_no_serious_fault(page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.get_by_label("Language").select_option("id")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Halobestie: dua ponsel")
    await expect(phone(page, "Pelanggan 1")).to_contain_text("Bicara dengan seseorang")
    await expect(page.locator("html")).to_have_attribute("lang", "id")
    assert await faults(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360


@in_proof_alone("starts a browser")
async def test_each_phone_saves_what_is_stored_about_its_owner(page: Page) -> None:
    customer, mitra = phone(page, "Customer 1"), phone(page, "Mitra 1")
    await log_in(mitra)
    for place, own in ((customer, "customers"), (mitra, "mitras")):
        await place.get_by_text("What is stored about you").click()
        await press(place, "Gather it")
        save = place.get_by_role("link", name="Save the file")
        await expect(save).to_be_focused()
        assert await faults(page) == []
        async with page.expect_download() as download:
            await save.click()
        saved = json.loads((await (await download.value).path()).read_text())
        assert len(saved["data"][own]) == 1
