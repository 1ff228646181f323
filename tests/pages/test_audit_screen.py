"""The audit log on the page: who did what, before and after, by filters in the address."""

from typing import Any

from app.pages.audit import Change, changes
from tests.pages.visits import Guest
from tests.support.market import Market, Person


def test_a_change_is_the_fields_that_differ() -> None:
    assert changes({"price": 1, "name": "a"}, {"price": 2, "name": "a"}) == [Change("price", 1, 2)]
    assert changes(None, {"name": "a"}) == [Change("name", None, "a")]
    assert changes(10, 20) == [Change("", 10, 20)]
    assert changes(None, None) == []


async def test_an_entry_says_who_did_what_to_what_and_why(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.value("SELECT email FROM core.control_center_users WHERE id = %s", ayu.id)
    form: dict[str, Any] = {"act": "change", "version": "1", "kind": "integer", "value": "20", "reason": "rush hour"}
    await visit.send("/config/blast_size", **form)
    page = (await visit.get("/audit?action=config.update")).text
    for said in (email, "rush hour", "<del>10</del>", "<ins>20</ins>", 'href="/config/blast_size"'):
        assert said in page
    assert 'href="/audit?action=config.update&amp;actor=cc%3A' in page


async def test_filters_take_times_in_the_operators_zone(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    hour = market.value("SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD\"T\"HH24:00')")
    page = (await visit.get(f"/audit?from={hour}")).text
    assert f'name="from" value="{hour}"' in page
    assert "login" in page
    assert "Nothing was written down like that." in (await visit.get(f"/audit?to={hour}")).text
    assert (await visit.get("/audit?from=yesterday")).status_code == 422
