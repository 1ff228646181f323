"""What people are owed, by hand: on the phones of `/demo`, and on the page of the operators beside them."""

import asyncio
from collections.abc import Sequence
from typing import LiteralString

import pytest
from playwright.async_api import Browser, Page, expect

from tests.clients.phones import begin, buy, end, go_online, phone, press
from tests.support.browser import Tab, tab
from tests.support.chromium import faults, needs_chromium
from tests.support.market import Market
from tests.support.sizes import in_proof_alone
from tests.support.visitors import Served
from tests.support.waiting import until

pytestmark = needs_chromium

OTHER_MITRA = "+628110000002"
NOW: LiteralString = "SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD\"T\"HH24:MI:SS')"


@pytest.fixture
def commands() -> Sequence[str]:
    """The operators' page, too."""
    return ("api", "listener", "internal")


@in_proof_alone("starts a browser")
async def test_a_customer_whom_nobody_answers_has_the_money_back_by_one_tap_and_operators_see_it(
    page: Page, chrome: Browser, served: Served, market: Market
) -> None:
    market.set("first_reply_seconds", 6)
    customer, mitra = await begin(page)
    await asyncio.gather(  # the first passes
        expect(mitra).to_contain_text("waits for your first message"),
        expect(customer.get_by_role("alert")).to_contain_text("has not written yet"),
    )
    assert await faults(page) == []
    await press(customer, "End, and get the money back")
    await expect(customer).to_contain_text("the mitra never wrote; the money is owed back")
    await expect(mitra).to_contain_text("the mitra never wrote")

    async with tab(chrome, served.addresses["internal"]) as screen:
        await screen.log_in(market.email(market.operator()))
        await screen.page.goto("/payments/refunds")
        await expect(screen.page.locator("tbody tr")).to_have_count(1)
        await expect(screen.page.locator("tbody tr")).to_contain_text("Rp 2,000")
        await screen.page.locator("tbody a").first.click()
        await screen.page.click('[data-opens="dialog-refund"]')
        dialog = screen.page.get_by_role("dialog")
        await dialog.get_by_label("Way", exact=True).select_option("provider")
        await dialog.get_by_label("Reason").fill("nobody answered")
        await dialog.get_by_role("button", name="Pay back").click()
        await expect(screen.page.locator(".notice")).to_be_visible()
        await screen.page.goto("/payments/refunds")
        await expect(screen.page.locator("main")).to_contain_text("Nothing is to be paid back.")
        assert screen.complaints == []
    paid = market.value("SELECT row(status, refund_status, refunded_amount)::text FROM core.payment_requests")
    assert paid == "(consumed,refunded,2000)"
    market.assert_all_is_well()


@in_proof_alone("starts a browser")
@pytest.mark.parametrize("who", ["customer", "mitra"])
async def test_a_block_made_on_one_phone_holds_on_the_next_search(phones: Tab, market: Market, who: str) -> None:
    page = phones.page
    customer, mitra = await begin(page)
    blocking = {"customer": customer, "mitra": mitra}[who]
    await blocking.get_by_text("Block or report").click()
    assert await faults(page) == []
    await press(blocking, "Never meet again")
    await expect(blocking).to_contain_text("You will not meet again.")
    await end(customer)
    await press(customer, "Skip")

    # Nobody else is there: told before any money moves.
    await press(customer, "Coba 2 menit")
    await expect(customer).to_contain_text("Nobody is available for you now. You have paid nothing.")
    assert market.value("SELECT count(*) FROM core.payment_requests") == 1
    [refused] = phones.complaints
    assert "409" in refused  # the browser tells each refusal
    phones.complaints.clear()

    # Another mitra comes: that mitra alone is asked.
    await page.locator("#mitra").get_by_role("switch", name="Second device").check()
    other = phone(page, "Mitra 2")
    await go_online(other, OTHER_MITRA)
    await expect(customer).to_contain_text("2 available now")
    await buy(customer)
    await press(other, "Accept")
    await expect(customer.locator("[data-part=peer]")).to_have_text("Mitra Dua")
    asked = "SELECT array_agg(DISTINCT mitra.phone) FROM core.mitras AS mitra JOIN core.pairing_offers AS offer"
    asked += " ON offer.mitra_id = mitra.id JOIN core.chat_sessions AS session ON session.id = offer.session_id"
    assert market.value(f"{asked} WHERE session.status = 'active'") == [OTHER_MITRA]
    await expect(mitra.locator("[data-part=offers] li")).to_have_count(0)
    market.assert_all_is_well()


@in_proof_alone("starts a browser")
async def test_operators_pay_a_mitra_what_is_owed_and_both_sides_see_it(
    page: Page, chrome: Browser, served: Served, market: Market
) -> None:
    market.set("closure_grace_seconds", 0)
    customer, mitra = await begin(page)
    await end(customer)
    await expect(mitra).to_contain_text("the customer ended it")
    earned_at = "SELECT date_trunc('second', clock_timestamp()) > max(at) FROM core.mitra_earnings"
    until(lambda: market.value(earned_at) is True, "the mitra has earned, in a second that is over")
    await mitra.get_by_text("Earnings").click()
    sums = mitra.locator("[data-part=sums]")
    await expect(sums).to_contain_text("Owed to youRp 1,200")
    await expect(sums).to_contain_text("Paid outRp 0")
    await expect(mitra.locator("[data-part=payouts]")).to_contain_text("There is no payout yet.")
    await expect(mitra.locator("[data-part=earned] li")).to_contain_text("Rp 1,200")
    assert await faults(page) == []

    address = served.addresses["internal"]
    async with tab(chrome, address) as first, tab(chrome, address) as second:
        await first.log_in(market.email(market.operator()))
        await second.log_in(market.email(market.operator("finance")))
        await first.page.goto("/payouts")
        owed = first.page.locator("[data-figure^='owed.']")
        await expect(owed).to_have_text("Rp 1,200")
        await first.page.click('[data-opens="dialog-close"]')
        dialog = first.page.get_by_role("dialog")
        await dialog.get_by_label("Earned until").fill(market.value(NOW))
        await dialog.get_by_label("Reason").fill("the month")
        await dialog.get_by_role("button", name="Close", exact=True).click()
        await expect(first.page.locator(".notice")).to_contain_text("The period is closed")
        await expect(first.page.locator("table.list tbody a.id")).to_have_count(1)

        # Who closed the period can't say that it was paid; a second user does.
        for screen in (first, second):
            await screen.page.goto("/payouts")
            await screen.page.locator("table.list tbody a.id").click()
            if screen is first:
                await expect(screen.page.locator(".hint")).to_contain_text("have another user say so here")
                await expect(screen.page.locator('[data-opens="dialog-paid"]')).to_have_count(0)
                continue
            await screen.page.click('[data-opens="dialog-paid"]')
            dialog = screen.page.get_by_role("dialog")
            await dialog.get_by_label("The bank's reference").fill("FT-1")
            await dialog.get_by_role("button", name="Confirm that it was paid").click()
        await expect(second.page.locator(".notice")).to_contain_text("the mitra sees it")
        await first.page.goto("/payouts")
        await expect(first.page.locator("main")).to_contain_text("Nothing is owed.")
        await expect(first.page.locator("table.list").last).to_contain_text("FT-1")
        assert second.complaints == []

    await mitra.get_by_text("Earnings").click()
    await mitra.get_by_text("Earnings").click()
    await expect(sums).to_contain_text("Owed to youRp 0")
    await expect(sums).to_contain_text("Paid outRp 1,200")
    payout = mitra.locator("[data-part=payouts] li")
    await expect(payout).to_contain_text("Rp 1,200paid")
    await expect(payout).to_contain_text("reference FT-1")
    market.assert_all_is_well()
