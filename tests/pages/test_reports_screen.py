"""Reports on the page: the queue, notes, and decisions with a reason."""

from typing import Any

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_a_report_is_noted_and_decided_and_its_mitra_is_held_until_then(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    assert "There is no report here." in (await visit.get("/reports")).text
    market.set("reports_before_hold", 1)
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    made: dict[str, Any] = market.value(
        "SELECT api.report_other_party(%s, 'customer', %s, 'rude', 'Asked for my number.')", session, customer.id
    )
    path = f"/reports/{made['id']}"
    assert f'href="{path}"' in (await visit.get("/reports?status=open")).text
    assert f'href="{path}"' in (await visit.get(f"/customers/{customer.id}")).text
    assert "Open reports keep new offers away" in (await visit.get(f"/mitras/{mitra.id}")).text
    page = (await visit.get(path)).text
    assert "Asked for my number." in page
    assert "held" in page

    done = await visit.send(path, act="note", note="Called her.", reason="the queue")
    assert done.headers["location"] == f"{path}?done=note"
    assert "Called her." in (await visit.get(path)).text
    done = await visit.send(path, act="uphold", outcome="upheld", reason="she is right")
    assert done.headers["location"] == f"{path}?done=uphold"
    page = (await visit.get(path)).text
    assert "upheld" in page
    assert "dialog-uphold" not in page
    assert "Open reports keep new offers away" not in (await visit.get(f"/mitras/{mitra.id}")).text


async def test_the_list_says_whose_reports_it_shows_and_its_form_keeps_that(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.report_other_party(%s, 'customer', %s, 'rude', '')", session, customer.id)
    for party, kind in ((mitra, "mitra"), (customer, "customer")):
        name = market.value(f"SELECT coalesce(display_name, 'guest') FROM core.{kind}s WHERE id = %s", party.id)
        page = (await visit.get(f"/reports?{kind}_id={party.id}")).text
        assert f'<input type="hidden" name="{kind}_id" value="{party.id}">' in page
        assert f'<a class="badge" href="/reports">of {kind} {name} ✕</a>' in page
        chosen: dict[str, Any] = {"status": "open", f"{kind}_id": str(party.id)}
        led = await visit.send("/reports", act="filter", **chosen)
        assert led.headers["location"] == f"/reports?status=open&{kind}_id={party.id}"


async def test_blocks_are_shown_with_both(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.block_other_party(%s, 'mitra', %s)", session, mitra.id)
    for path, other in (
        (f"/customers/{customer.id}", f"/mitras/{mitra.id}"),
        (f"/mitras/{mitra.id}", f"/customers/{customer.id}"),
    ):
        page = (await visit.get(path)).text.partition("Never paired with")[2]
        assert f'href="{other}"' in page
