"""The audit log on the page: who did what, before and after, by filters in the address."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from app.pages import SCREENS
from app.pages.audit import SCREENS_OF, Change, changes
from app.pages.words import AUDITED
from tests.pages.visits import Guest
from tests.support.market import Market, Person

FUNCTIONS = Path(__file__).parents[2] / "db" / "functions"


def test_a_change_is_the_fields_that_differ() -> None:
    assert changes({"price": 1, "name": "a"}, {"price": 2, "name": "a"}) == [Change("price", 1, 2)]
    assert changes(None, {"name": "a"}) == [Change("name", None, "a")]
    assert changes(10, 20) == [Change("", 10, 20)]
    assert changes(None, None) == []


def test_every_subject_leads_to_a_screen_that_there_is() -> None:
    assert {shown.partition("?")[0] for shown in SCREENS_OF.values()} <= {
        re.sub("{.*?}", "{}", path) for path in SCREENS
    }


async def test_roles_users_and_texts_are_led_to_and_what_was_deleted_is_not(
    visit: Guest, market: Market, ayu: Person
) -> None:
    write = "INSERT INTO core.audit_log (actor, action, subject) VALUES ('somebody', %s, %s) RETURNING id"
    for action, subject in (
        ("control_center_user.update", "u1"),
        ("role.update", "r1"),
        ("role.delete", "r2"),
        ("text.update", "new_offer id"),
        ("payout.paid", "p1"),
        ("payout.close", "2026-03-01T00:00:00.000Z"),
        ("report.decide", "q1"),
    ):
        market.value(write, action, subject)
    await visit.log_in(market, ayu)
    page = (await visit.get("/audit?actor=somebody")).text
    for led_to in ("/people/u1", "/people/roles/r1", "/texts/new_offer", "/payouts/p1", "/reports/q1"):
        assert f'href="{led_to}"' in page
    assert 'href="/payouts?until=2026-03-01T00:00:00.000Z"' in page
    assert "/people/roles/r2" not in page


async def test_an_entry_says_who_did_what_to_what_and_why(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.email(ayu)
    form: dict[str, Any] = {"act": "change", "version": "1", "kind": "integer", "value": "20", "reason": "rush hour"}
    await visit.send("/config/blast_size", **form)
    page = (await visit.get("/audit?action=config.update")).text
    for said in (email, "rush hour", "<del>10</del>", "<ins>20</ins>", 'href="/config/blast_size"'):
        assert said in page
    assert f'href="/audit?action=config.update&amp;actor={ayu.id}"' in page


async def test_what_was_only_read_is_left_out_until_it_is_asked_for(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.mitra()
    await visit.get("/mitras")
    saw = "saw phones or messages</a>"
    assert saw in (await visit.get("/audit?reads=true")).text
    assert saw in (await visit.get("/audit?action=pii.read")).text
    for asked in ("/audit", "/audit?action=&reads="):  # the form of the filters sends blanks
        page = (await visit.get(asked)).text
        assert saw not in page
        assert "reads=false" in page  # the list as CSV is the list that is shown


async def test_an_entry_is_found_by_what_the_screen_shows(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.email(ayu)
    page = (await visit.get(f"/audit?actor={ayu.id}")).text
    assert f'id="actor" value="{email}"' in page
    assert "logged in</a>" in page
    assert f'id="actor" value="{email}"' in (await visit.get(f"/audit?actor={ayu.id}&action=text.update")).text
    package = market.package()
    form: dict[str, Any] = {
        "act": "version",
        "version": "1",
        "name": "Sejam",
        "duration_minutes": "60",
        "price": "29000",
    }
    await visit.send(f"/packages/{package}", **form, reason="dearer")
    page = (await visit.get("/audit?action=package.replace")).text
    assert ">Sejam</a>" in page
    assert "<ins>Rp 29,000</ins>" in page


def test_what_the_audit_log_says_has_words() -> None:
    written = {
        action
        for file in FUNCTIONS.rglob("*.sql")
        for action in re.findall(
            r"(?:PERFORM|SELECT) core\.audit\([^;']*?'([a-z_]+\.[a-z_]+|login|export)'", file.read_text()
        )
    }
    assert {"login", "package.replace", "mitra.force_offline"} <= written
    assert written - set(AUDITED) == set()


async def test_filters_take_times_in_the_operators_zone(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    ago = "SELECT to_char(clock_timestamp() AT TIME ZONE 'Asia/Jakarta' - interval '1 hour', 'YYYY-MM-DD\"T\"HH24:MI')"
    hour = market.value(ago)
    page = (await visit.get(f"/audit?from={hour}")).text
    assert f'name="from" value="{hour}"' in page
    assert 'action=login"' in page
    assert "Nothing was written down like that." in (await visit.get(f"/audit?to={hour}")).text
    assert (await visit.get("/audit?from=yesterday")).status_code == 422


async def test_an_e_mail_is_in_no_address(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.email(ayu)
    csrf = await visit.csrf("/audit")
    for typed in (email, email.upper(), f" cc:{email} "):
        fields: dict[str, Any] = {"csrf": csrf, "act": "filter", "actor": typed, "action": "login"}
        for led in (await visit.send("/audit", **fields), await visit.get("/audit?" + urlencode({"actor": typed}))):
            assert led.status_code == 303
            assert led.headers["location"].startswith(f"/audit?actor={ayu.id}")
    shown = (await visit.get(f"/audit?actor={ayu.id}")).text
    assert "logged in</a>" in shown
    assert not re.search("""(href|action)="[^"]*(@|%40)""", shown)
    assert f'href="/audit?actor={ayu.id}"' in (await visit.get(f"/people/{ayu.id}")).text
    for nobody in (
        await visit.send("/audit", csrf=csrf, act="filter", actor="nobody@example.com", action="login"),
        await visit.get("/audit?actor=nobody@example.com&action=login"),
    ):
        assert nobody.status_code == 422
        assert "Nobody with this e-mail is in the audit log." in nobody.text
        assert "nobody@" not in nobody.text
        assert 'name="back" value="/audit?action=login"' in nobody.text
    market.value("UPDATE core.auth_sessions SET used_at = now() - interval '1 hour' WHERE kind = 'web' RETURNING id")
    ended = await visit.send("/audit", csrf=csrf, act="filter", actor=email, action="login")
    assert ended.headers["location"] == "/login?back=%2Faudit%3Faction%3Dlogin"


async def test_to_ask_for_the_users_is_a_use_of_the_login(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    idle = "UPDATE core.auth_sessions SET used_at = now() - interval '20 minutes' WHERE kind = 'web' RETURNING id"
    market.value(idle)
    users = (await visit.get("/audit/users")).text
    assert f'<datalist id="users"><option value="{market.email(ayu)}">' in users
    assert market.value("SELECT used_at > now() - interval '10 minutes' FROM core.auth_sessions WHERE kind = 'web'")


async def test_who_may_not_see_users_chooses_from_none(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    assert market.email(ayu) in (await visit.get("/audit/users")).text
    await visit.log_in(market, market.operator(market.role('{"audit": ["read"]}')))
    missing = (await visit.get("/audit/users")).text
    assert "datalist" not in missing
    assert "This part is not available at the moment." in missing
    assert "/audit/users" not in (await visit.get("/audit")).text
