"""The audit log on the page: who did what, before and after, by filters in the address."""

import re
from typing import Any

from app.pages import SCREENS
from app.pages.audit import SCREENS_OF, Change, changes
from tests.pages.visits import Guest
from tests.support.market import Market, Person


def test_a_change_is_the_fields_that_differ() -> None:
    assert changes({"price": 1, "name": "a"}, {"price": 2, "name": "a"}) == [Change("price", 1, 2)]
    assert changes(None, {"name": "a"}) == [Change("name", None, "a")]
    assert changes(10, 20) == [Change("", 10, 20)]
    assert changes(None, None) == []


def test_every_subject_leads_to_a_screen_that_there_is() -> None:
    assert set(SCREENS_OF.values()) <= {re.sub("{.*?}", "{}", path) for path in SCREENS}


async def test_roles_users_and_texts_are_led_to_and_what_was_deleted_is_not(
    visit: Guest, market: Market, ayu: Person
) -> None:
    write = "INSERT INTO core.audit_log (actor, action, subject) VALUES ('somebody', %s, %s) RETURNING id"
    for action, subject in (
        ("control_center_user.update", "u1"),
        ("role.update", "r1"),
        ("role.delete", "r2"),
        ("text.update", "new_offer id"),
    ):
        market.value(write, action, subject)
    await visit.log_in(market, ayu)
    page = (await visit.get("/audit?actor=somebody")).text
    for led_to in ("/people/u1", "/people/roles/r1", "/texts/new_offer"):
        assert f'href="{led_to}"' in page
    assert "/people/roles/r2" not in page


async def test_an_entry_says_who_did_what_to_what_and_why(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.email(ayu)
    form: dict[str, Any] = {"act": "change", "version": "1", "kind": "integer", "value": "20", "reason": "rush hour"}
    await visit.send("/config/blast_size", **form)
    page = (await visit.get("/audit?action=config.update")).text
    for said in (email, "rush hour", "<del>10</del>", "<ins>20</ins>", 'href="/config/blast_size"'):
        assert said in page
    assert 'href="/audit?action=config.update&amp;actor=cc%3A' in page


async def test_filters_take_times_in_the_operators_zone(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    ago = "SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Jakarta' - interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI')"
    hour = market.value(ago)
    page = (await visit.get(f"/audit?from={hour}")).text
    assert f'name="from" value="{hour}"' in page
    assert 'action=login"' in page
    assert "Nothing was written down like that." in (await visit.get(f"/audit?to={hour}")).text
    assert (await visit.get("/audit?from=yesterday")).status_code == 422
