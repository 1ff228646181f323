"""Customers on the page: found by id and phone, and everything about one of them."""

import re
from typing import Any

from tests.pages.visits import Guest
from tests.support.market import Market, Person

PHONE = "+6281234567890"


def with_phone(market: Market) -> Person:
    """A customer who has given a phone."""
    customer = market.customer()
    phone = "UPDATE core.customers SET phone = %s, is_anonymous = false WHERE id = %s RETURNING id"
    market.value(phone, PHONE, customer.id)
    return customer


async def test_a_customer_is_found_by_id_and_by_phone_which_no_address_holds(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    assert "There is no customer here." in (await visit.get("/customers")).text
    customer = with_phone(market)
    opened = await visit.get(f"/customers?id={customer.id}")
    assert opened.headers["location"] == f"/customers/{customer.id}"
    begun = await visit.get(f"/customers?id={str(customer.id)[:8]}")
    assert begun.headers["location"] == f"/customers/{customer.id}"
    missed = await visit.get("/customers?id=00000000")
    assert missed.status_code == 404
    assert "No customer's id begins with 00000000." in missed.text
    assert f'href="/customers/{customer.id}"' in missed.text  # the list stays
    nobody = await visit.get("/customers?id=nobody")
    assert nobody.status_code == 422
    assert "A customer is found by the beginning of the id." in nobody.text
    found = await visit.send("/customers", act="search", phone=PHONE, reason="called us")
    assert found.status_code == 200
    assert f'href="/customers/{customer.id}"' in found.text.partition("By phone")[2].partition("Came from")[0]
    read = "SELECT reason FROM core.audit_log WHERE action = 'pii.read' AND reason IS NOT NULL"
    assert market.value(read) == "called us"
    assert "Nobody has this phone." in (await visit.send("/customers", act="search", phone="+6281111111111")).text
    wrong = await visit.send("/customers", act="search", phone="12")
    assert wrong.status_code == 422
    assert 'value="12" aria-invalid="true"' in wrong.text


async def test_an_id_that_was_pasted_leads_to_its_customer_and_a_blank_one_nowhere(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    customer = market.customer()
    for pasted in (f"{customer.id}%20", f"%09{customer.id}%0A"):
        assert (await visit.get(f"/customers?id={pasted}")).headers["location"] == f"/customers/{customer.id}"
    for blank in ("", "%20"):
        assert (await visit.get(f"/customers?id={blank}")).status_code == 200
    assert (await visit.get(f"/customers?id={customer.id}%0Ax")).status_code == 422


async def test_a_list_shows_no_phones_and_notes_no_reading_when_none_are_asked_for(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    customer = with_phone(market)
    mitra_phone = market.value("SELECT phone FROM core.mitras WHERE id = %s", market.mitra().id)
    reads = "SELECT count(*) FROM core.audit_log WHERE action = 'pii.read'"
    for path, phone in (("/internal/customers", PHONE), ("/internal/mitras", mitra_phone)):
        seen = market.value(reads)
        assert phone not in (listed := (await visit.get(f"{path}?phones=false")).text)
        assert "•" in listed
        assert market.value(reads) == seen
        assert phone in (await visit.get(path)).text
        assert market.value(reads) == seen + 1
    assert str(customer.id) in (await visit.get("/internal/customers?phones=false")).text


async def test_who_may_not_see_phones_can_not_search_by_them(visit: Guest, market: Market) -> None:
    customer = with_phone(market)
    await visit.log_in(market, market.operator(market.role('{"customers": ["read"]}')))
    for path in ("/customers", f"/customers/{customer.id}"):
        page = (await visit.get(path)).text
        assert PHONE not in page
        assert "By phone" not in page
    refused = await visit.send("/customers", csrf=await visit.csrf("/customers"), act="search", phone=PHONE)
    assert refused.status_code == 403


async def test_one_click_leads_to_why_a_customer_was_not_paired(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    customer = market.customer()
    assert "No search of this customer has failed." in (await visit.get(f"/customers/{customer.id}")).text
    session = market.search(customer)
    market.value("SELECT api.cancel_session(%s, %s)", session, customer.id)
    page = (await visit.get(f"/customers/{customer.id}")).text
    assert f'<a href="/sessions/{session}#h-pairing">Why was this customer not paired?</a>' in page
    assert 'id="h-pairing"' in (await visit.get(f"/sessions/{session}")).text


async def test_a_customer_shows_the_refunds_and_leads_to_all_sessions_and_payments(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    customer = market.customer()
    payment = market.owed(customer)
    path = f"/customers/{customer.id}"
    assert "h-refunds" not in (await visit.get(path)).text
    await visit.send(f"/payments/{payment}", act="refund", way="transfer", reason="no account")
    page = (await visit.get(path)).text
    refunds = page[page.index("h-refunds") : page.index("h-transactions")]
    assert f'href="/payments/{payment}"' in refunds
    assert "Rp 50,000" in refunds
    for leads in (f"/sessions?customer_id={customer.id}", f"/payments?customer_id={customer.id}"):
        assert f'href="{leads}"' in page
        assert re.search(r'<th scope="row"><a href="/(sessions|payments)/', (await visit.get(leads)).text)


async def test_a_balance_is_paid_out_with_a_reason(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    customer = market.customer()
    payment = market.owed(customer)
    path = f"/customers/{customer.id}"
    assert "dialog-return_balance" not in (await visit.get(path)).text
    form: dict[str, Any] = {"act": "refund", "way": "credit", "customer_consented": "true", "reason": "by phone"}
    await visit.send(f"/payments/{payment}", **form)
    assert '<data data-figure="balance" value="50000">' in (await visit.get(path)).text
    done = await visit.send(path, act="return_balance", reason="wants the money")
    assert done.status_code == 303
    assert '<data data-figure="balance" value="0">' in (await visit.get(path)).text
    market.assert_all_is_well()
