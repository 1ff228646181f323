"""Payouts on the page: what is owed, closing a period, and what two users do with a payout."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.pages.visits import Guest
from tests.support.market import Market, Person


@pytest.fixture
def mitra(market: Market) -> Person:
    """A mitra who has earned 30,000 rupiah."""
    mitra = market.mitra()
    market.value("SELECT api.end_session(%s, 'cc', NULL)", market.session(market.customer(), mitra))
    return mitra


def closed(market: Market, actor: Person | None = None) -> UUID:
    """The only payout of a period that this user, or a DBA, has closed."""
    payout: UUID = market.value(
        "SELECT (api.close_payout_period(clock_timestamp(), %s) #>> '{items,0,id}')::uuid", actor and actor.id
    )
    return payout


def state(market: Market, payout: UUID) -> str:
    found: str = market.value("SELECT status FROM core.payouts WHERE id = %s", payout)
    return found


async def test_what_is_owed_is_paid_by_two_users(visit: Guest, market: Market, ayu: Person, mitra: Person) -> None:
    await visit.log_in(market, ayu)
    page = (await visit.get("/payouts")).text
    assert f'data-figure="owed.{mitra.id}" value="30000"' in page
    assert "There is no payout here." in page
    future = await visit.send("/payouts", act="close", until="2999-01-01T00:00", reason="the month")
    assert future.status_code == 422
    assert "A period ends in the past." in future.text
    now = datetime.now(UTC).isoformat()
    done = await visit.send("/payouts", act="close", until=now, reason="the month")
    assert done.headers["location"] == "/payouts?done=close"
    payout = market.value("SELECT id FROM core.payouts")
    assert f'href="/payouts/{payout}"' in (await visit.get("/payouts?status=open")).text
    page = (await visit.get(f"/payouts/{payout}")).text
    assert "You answer for this payout" in page
    assert 'data-opens="dialog-paid"' not in page  # it would be refused
    refused = await visit.send(f"/payouts/{payout}", act="paid", reference="FT1")
    assert (refused.status_code, state(market, payout)) == (409, "open")
    await visit.log_in(market, market.operator("finance"))
    page = (await visit.get(f"/payouts/{payout}")).text
    assert "such as you" in page
    assert 'data-opens="dialog-paid"' in page
    paid = await visit.send(f"/payouts/{payout}", act="paid", reference="FT1")
    assert (paid.status_code, state(market, payout)) == (303, "paid")
    assert 'data-opens="dialog-failed"' not in (await visit.get(f"/payouts/{payout}")).text  # nor this, by the same
    page = (await visit.get(f"/mitras/{mitra.id}")).text
    assert '<td data-label="Reference" class="id">FT1</td>' in page
    assert 'data-figure="earnings.owed" value="0"' in page
    assert 'data-figure="earnings.paid_out" value="30000"' in page
    assert f'href="/payouts/{payout}"' in page
    assert "Rp 50,000</strong> = Rp 0 + Rp 20,000 + Rp 0 + Rp 30,000" in (await visit.get("/payments")).text
    market.assert_all_is_well()


async def test_a_payout_is_held_released_and_fails(visit: Guest, market: Market, ayu: Person, mitra: Person) -> None:
    await visit.log_in(market, ayu)
    path = f"/payouts/{(payout := closed(market, market.operator()))}"
    await visit.send(path, act="hold", reason="ask first")
    page = (await visit.get(path)).text
    assert "ask first" in page
    assert "dialog-paid" not in page
    await visit.send(path, act="release", reason="asked")
    assert state(market, payout) == "open"
    assert "You answer for this payout" in (await visit.get(path)).text
    await visit.send(path, act="failed", reason="account closed")
    page = (await visit.get(path)).text
    assert (state(market, payout), "account closed" in page, "<dialog" in page) == ("failed", True, False)
    assert f'data-figure="owed.{mitra.id}" value="30000"' in (await visit.get("/payouts")).text


async def test_a_period_that_passed_over_a_mitra_is_not_complete_until_its_turn_has_come(
    visit: Guest, market: Market, ayu: Person, mitra: Person, database_url: str
) -> None:
    await visit.log_in(market, ayu)
    incomplete = "is not complete"
    form: dict[str, Any] = {"act": "close", "until": datetime.now(UTC).isoformat(), "reason": "the month"}
    with psycopg.connect(database_url) as holder:
        holder.execute("SELECT FROM core.mitras WHERE id = %s FOR UPDATE", [mitra.id])
        done = await visit.send("/payouts", **form)
        assert done.headers["location"] == "/payouts?done=close_first"
        page = (await visit.get("/payouts?done=close_first")).text
        assert "its first payouts stand below" in page
        assert incomplete in page
        assert "There is no payout here." in page
    assert market.value("SELECT api.gather_payouts()") is True
    page = (await visit.get("/payouts?done=close")).text
    assert incomplete not in page
    assert f'href="/mitras/{mitra.id}"' in page.partition('class="filters"')[2]


async def test_the_periods_closed_last_say_what_is_to_be_paid_and_lead_to_their_payouts(
    visit: Guest, market: Market, ayu: Person, mitra: Person
) -> None:
    await visit.log_in(market, ayu)
    assert "No period is closed." in (await visit.get("/payouts")).text
    payout = closed(market, ayu)
    market.value("SELECT count(api.close_payout_period(clock_timestamp())) FROM generate_series(1, 5)")
    page = (await visit.get("/payouts")).text
    periods = page.partition('id="h-periods"')[2].partition("</section>")[0]
    assert (periods.count("/payouts?until="), "All as CSV" in periods) == (6, False)
    oldest = periods.rpartition("<tr>")[2]
    assert '<td data-label="By">Ayu</td>' in oldest
    assert re.findall(r'data-label="([\w ]+)" class="number"><span[^>]*>Rp 30,000', oldest) == ["In all", "To be paid"]
    listed = (await visit.get(oldest.partition('href="')[2].partition('"')[0])).text
    assert f'href="/payouts/{payout}"' in listed
    assert "h-periods" not in listed
    assert re.search(r'<a class="badge" href="/payouts">earned until .* ✕</a>', listed)
    market.value("INSERT INTO core.payout_periods (until) VALUES (now() - interval '1 day') RETURNING 1")
    page = (await visit.get("/payouts")).text
    assert 'href="/internal/payouts/periods?format=csv"' in page
    assert page.count("not complete</span>") == 1


async def test_what_a_dba_closed_is_taken_over_by_a_user(
    visit: Guest, market: Market, ayu: Person, mitra: Person
) -> None:
    await visit.log_in(market, ayu)
    path = f"/payouts/{closed(market)}"
    page = (await visit.get(path)).text
    assert "Nobody who is active answers for this payout." in page
    assert "dialog-paid" not in page
    await visit.send(path, act="release", reason="mine")
    assert "You answer for this payout" in (await visit.get(path)).text
    assert str(mitra.id) in (await visit.get(path)).text


async def test_who_may_only_look_sees_no_control(visit: Guest, market: Market, ayu: Person, mitra: Person) -> None:
    payout = closed(market, ayu)
    await visit.log_in(market, market.operator(market.role('{"payouts": ["read"], "mitra": ["read"]}')))
    for path in ("/payouts", f"/payouts/{payout}"):
        page = await visit.get(path)
        assert page.status_code == 200
        assert "<dialog" not in page.text
    await visit.log_in(market, market.operator(market.role('{"mitra": ["read"]}')))
    assert "h-earnings" not in (await visit.get(f"/mitras/{mitra.id}")).text


async def test_a_share_of_ones_own_is_given_and_taken_away(
    visit: Guest, market: Market, ayu: Person, mitra: Person
) -> None:
    await visit.log_in(market, ayu)
    path = f"/mitras/{mitra.id}"
    for given, kept in (("70", 70), ("0", 0), ("", None)):
        version = str(market.value("SELECT version FROM core.mitras WHERE id = %s", mitra.id))
        await visit.send(path, act="change", display_name="Sari", mitra_share_percent=given, version=version)
        assert market.value("SELECT mitra_share_percent FROM core.mitras WHERE id = %s", mitra.id) == kept
