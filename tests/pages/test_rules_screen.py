"""Rules on the page: changed, undone, and judged by the operation."""

from typing import Any

import pytest

from app.pages.rules import REPLAYED
from tests.pages.visits import Guest
from tests.support.market import Market, Person

VALUE = "SELECT value FROM core.app_config WHERE key = %s"


async def test_every_rule_is_shown_with_its_meaning_and_range_and_filters_find_it(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    page = (await visit.get("/config")).text
    assert page.count('href="/config/') == market.value("SELECT count(*) FROM core.config_keys()")
    assert "Offers in one wave, at most." in page
    found = (await visit.get("/config?q=wave")).text
    assert "/config/blast_size" in found
    assert "/config/offer_timeout_seconds" not in found
    assert "/config/mitra_max_sessions" in (await visit.get("/config?q=capacity")).text
    assert "No rule is like that." in (await visit.get("/config?changed=yes")).text
    market.set("blast_size", 7)
    assert "default: 10" in (await visit.get("/config?changed=yes")).text


@pytest.mark.parametrize(
    ("key", "kind", "typed", "value"),
    [
        ("payment_request_ttl_seconds", "integer", "1.200", 1200),
        ("session_warning_seconds", "integers", "120, 30", [120, 30]),
        ("pairing_before_payment", "boolean", "true", True),
        ("outage_credit_policy", "choice", "credit", "credit"),
        ("business_time_zone", "time_zone", "Asia/Makassar", "Asia/Makassar"),
    ],
)
async def test_a_rule_of_each_type_is_changed_and_the_change_undone(  # its parameters
    visit: Guest, market: Market, ayu: Person, key: str, kind: str, typed: str, value: Any
) -> None:
    await visit.log_in(market, ayu)
    before = market.value(VALUE, key)
    form: dict[str, Any] = {"act": "change", "version": "1", "kind": kind, "value": typed, "reason": "on trial"}
    answer = await visit.send(f"/config/{key}", **form)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/config/{key}?done=change")
    assert market.value(VALUE, key) == value
    page = (await visit.get(f"/config/{key}?done=change")).text
    assert "It holds within a second." in page
    assert "on trial" in page
    assert "It becomes " in page
    undone = await visit.send(f"/config/{key}", act="undo", version="2")
    assert (undone.status_code, market.value(VALUE, key)) == (303, before)


async def test_a_value_out_of_range_stays_in_the_form_with_what_is_wrong(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    for typed in ("101", "1.5", "many", ""):
        form: dict[str, Any] = {"act": "change", "version": "1", "kind": "integer", "value": typed}
        refused = await visit.send("/config/blast_size", **form)
        assert refused.status_code == 422
        assert f'value="{typed}"' in refused.text
        assert "data-open" in refused.text
    assert market.value(VALUE, "blast_size") == 10


async def test_a_form_without_a_value_is_refused(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    version = market.value("SELECT version FROM core.app_config WHERE key = 'blast_size'")
    refused = await visit.send("/config/blast_size", act="change", kind="integer", version=version)
    assert refused.status_code == 422
    assert market.value(VALUE, "blast_size") == 10


async def test_a_stale_form_says_who_changed_what_meanwhile(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    email = market.email(ayu)
    form: dict[str, Any] = {"act": "change", "version": "1", "kind": "integer"}
    await visit.send("/config/blast_size", value="20", reason="rush hour", **form)
    stale = await visit.send("/config/blast_size", value="5", **form)
    assert stale.status_code == 412
    assert f"{email} changed it meanwhile, from 10 to 20: rush hour" in stale.text
    assert "Now it is: 20" in stale.text
    assert 'value="5"' in stale.text


async def test_who_may_only_look_sees_no_control_and_an_unknown_rule_is_told(visit: Guest, market: Market) -> None:
    await visit.log_in(market, market.operator(market.role('{"config": ["read"]}')))
    assert "<dialog" not in (await visit.get("/config/blast_size")).text
    assert (await visit.get("/config/no_such_rule")).status_code == 404


async def test_beside_four_rules_stands_what_they_would_have_meant(visit: Guest, market: Market) -> None:
    market.value("SELECT api.seed_demo()")
    market.value("SELECT api.seed_demo_history(1, 600)")
    market.value("SELECT api.seed_demo_history(0, 600)")
    ayu = market.operator()
    await visit.log_in(market, ayu)
    asked = "What would this have meant yesterday?"
    assert asked not in (await visit.get("/config/closure_grace_seconds")).text
    assert asked in (await visit.get("/config/blast_size")).text

    answer = await visit.send("/config/blast_size", act="replay", rule="blast_size", value="0")
    assert answer.status_code == 422
    answer = await visit.send("/config/blast_size", act="replay", rule="blast_size", value="2")
    assert answer.status_code == 303
    page = (await visit.get("/config/blast_size")).text
    assert "0 percent replayed so far" in page
    part = (await visit.get("/config/blast_size/replay")).text
    assert "data-running" in part  # the page asks for it until it is over
    assert "<html" not in part
    while market.value("SELECT api.make_replay(id) FROM core.replays"):
        pass
    assert "data-running" not in (await visit.get("/config/blast_size/replay")).text
    page = (await visit.get("/config/blast_size")).text
    assert 'data-figure="calibration"' in page
    assert asked in page


def test_a_replay_is_offered_beside_the_rules_that_can_be_replayed(market: Market) -> None:
    assert set(market.value("SELECT core.replay_rules()")) == REPLAYED
