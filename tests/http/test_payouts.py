"""What mitras earn, what is paid out to them, and who may say so."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market, Person

PAYOUTS = "/internal/payouts"
EARNINGS = "/api/mitra/earnings"


@pytest.fixture
def first(market: Market) -> Person:
    return market.operator()


@pytest.fixture
def second(market: Market) -> Person:
    return market.operator("finance")


@pytest.fixture
def mitra(market: Market) -> Person:
    """A mitra who has earned 30,000 rupiah by one session."""
    mitra = market.mitra()
    market.value("SELECT api.end_session(%s, 'cc', NULL)", market.session(market.customer(), mitra))
    return mitra


def now() -> str:
    return datetime.now(UTC).isoformat()


async def test_what_a_mitra_earned_is_paid_by_a_second_user_and_both_see_it(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, mitra: Person, first: Person, second: Person, market: Market
) -> None:
    earned = (await api.get(EARNINGS, headers=mitra.headers)).json()
    assert (earned["earned"], earned["owed"], earned["paid_out"], earned["mitra_share_percent"]) == (
        *(30_000, 30_000, 0),
        60,
    )
    (row,) = earned["items"]
    assert (row["amount"], row["kept"], row["share"], row["payout_id"]) == (30_000, 50_000, 30_000, None)
    (owed,) = (await internal.get(f"{PAYOUTS}/owed", headers=first.headers)).json()["items"]
    assert (owed["mitra_id"], owed["owed"], owed["in_no_payout"]) == (str(mitra.id), 30_000, 30_000)

    body = {"until": now(), "reason": "the end of the month"}
    closed = await internal.post(f"{PAYOUTS}/close", json=body, headers=first.headers)
    assert closed.status_code == 200, closed.text
    (payout,) = closed.json()["items"]
    assert (payout["amount"], payout["status"], payout["actor_id"]) == (30_000, "open", str(first.id))
    assert (closed.json()["is_complete"], closed.json()["payouts"], closed.json()["amount"]) == (True, 1, 30_000)
    assert (await internal.post(f"{PAYOUTS}/close", json=body, headers=second.headers)).json() == closed.json()
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'payout.close'") == body["reason"]

    path = f"{PAYOUTS}/{payout['id']}"
    alone = await internal.post(f"{path}/paid", json={"reference": "FT1"}, headers=first.headers)
    assert problem(alone) == (409, "SECOND_USER_REQUIRED")
    vague = await internal.post(f"{path}/paid", json={}, headers=second.headers)
    assert problem(vague) == (422, "VALIDATION_ERROR")
    paid = await internal.post(f"{path}/paid", json={"reference": "FT1"}, headers=second.headers)
    assert paid.status_code == 200, paid.text
    assert (paid.json()["status"], paid.json()["paid_by"], paid.json()["reference"]) == ("paid", str(second.id), "FT1")

    seen = (await api.get(EARNINGS, headers=mitra.headers)).json()
    assert (seen["owed"], seen["paid_out"], seen["items"][0]["payout_id"]) == (0, 30_000, payout["id"])
    assert [(each["status"], each["reference"]) for each in seen["payouts"]] == [("paid", "FT1")]
    by_operator = await internal.get(f"/internal/mitras/{mitra.id}/earnings", headers=first.headers)
    assert by_operator.json() == seen
    stats = (await api.get("/api/mitra/stats", headers=mitra.headers)).json()
    assert (stats["charged"], stats["earnings"], stats["owed"], stats["paid_out"]) == (50_000, 30_000, 0, 30_000)
    money = (await internal.get("/internal/money", headers=first.headers)).json()
    assert (money["kept"], money["unassigned"], money["platform"], money["owed"], money["paid_out"]) == (
        *(50_000, 0, 20_000),
        *(0, 30_000),
    )
    market.assert_all_is_well()


async def test_a_payout_is_held_released_and_fails(
    internal: httpx.AsyncClient, mitra: Person, first: Person, second: Person, market: Market
) -> None:
    closed = await internal.post(f"{PAYOUTS}/close", json={"until": now()}, headers=first.headers)
    path = f"{PAYOUTS}/{closed.json()['items'][0]['id']}"

    async def act(name: str, who: Person, **body: str) -> httpx.Response:
        return await internal.post(f"{path}/{name}", json=body, headers=who.headers)

    held = (await act("hold", second, reason="ask first")).json()
    assert (held["status"], held["reason"]) == ("held", "ask first")
    assert problem(await act("paid", second, reference="FT1")) == (409, "INVALID_STATE")
    assert (await act("release", second)).json()["actor_id"] == str(second.id)
    assert problem(await act("paid", second, reference="FT1")) == (409, "SECOND_USER_REQUIRED")
    assert problem(await act("failed", second)) == (422, "VALIDATION_ERROR")
    failed = (await act("failed", second, reason="account closed")).json()
    assert (failed["status"], failed["reason"]) == ("failed", "account closed")
    assert problem(await act("hold", second)) == (409, "INVALID_STATE")
    assert problem(await act("release", second)) == (409, "INVALID_STATE")
    (owed,) = (await internal.get(f"{PAYOUTS}/owed", headers=first.headers)).json()["items"]
    assert (owed["in_no_payout"], owed["to_be_paid"]) == (30_000, 0)
    assert (await internal.get(path, headers=first.headers)).json() == failed
    for filters in ({"status": "failed"}, {"mitra_id": str(mitra.id)}, {"until": failed["until"]}):
        listed = (await internal.get(PAYOUTS, params=filters, headers=first.headers)).json()["items"]
        assert [each["id"] for each in listed] == [failed["id"]], filters
    assert (await internal.get(PAYOUTS, params={"status": "open"}, headers=first.headers)).json()["items"] == []
    market.assert_all_is_well()


async def test_a_closed_period_says_what_of_it_is_to_be_paid(
    internal: httpx.AsyncClient, mitra: Person, first: Person, second: Person, market: Market
) -> None:
    closed = (await internal.post(f"{PAYOUTS}/close", json={"until": now()}, headers=first.headers)).json()
    empty = market.value("SELECT api.close_payout_period(clock_timestamp()) ->> 'until'")

    async def periods(**query: str | int) -> dict[str, Any]:
        listed = await internal.get(f"{PAYOUTS}/periods", params=query, headers=second.headers)
        assert listed.status_code == 200, listed.text
        found: dict[str, Any] = listed.json()
        return found

    newest = await periods(limit=1)
    nothing = {"payouts": 0, "amount": 0}
    assert [(each["until"], each["closed_by"], each["payouts"], each["open"]) for each in newest["items"]] == [
        (empty, None, 0, nothing)
    ]
    (period,) = (await periods(limit=1, cursor=newest["next_cursor"]))["items"]
    everything = {"payouts": 1, "amount": 30_000}
    assert period == {
        **{field: closed[field] for field in ("until", "closed_at", "is_complete")},
        "closed_by": {"id": str(first.id), "display_name": "Ayu"},
        **everything,
        "open": everything,
        "held": nothing,
        "paid": nothing,
        "failed": nothing,
    }
    path = f"{PAYOUTS}/{closed['items'][0]['id']}"
    for act, status in (("hold", "held"), ("release", "open"), ("failed", "failed")):
        await internal.post(f"{path}/{act}", json={"reason": "ask first"}, headers=second.headers)
        (_, period) = (await periods())["items"]
        assert {name: period[name] for name in ("open", "held", "paid", "failed")} == {
            **dict.fromkeys(("open", "held", "paid", "failed"), nothing),
            status: everything,
        }


async def test_a_period_ends_in_the_past(internal: httpx.AsyncClient, first: Person) -> None:
    for until in ("2999-01-01T00:00:00Z", None, "yesterday", "2026-01-01T00:00:00"):
        answer = await internal.post(f"{PAYOUTS}/close", json={"until": until}, headers=first.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), until
        assert answer.json()["field"] == "until"


async def test_what_is_owed_and_paid_comes_as_csv(internal: httpx.AsyncClient, mitra: Person, first: Person) -> None:
    await internal.post(f"{PAYOUTS}/close", json={"until": now()}, headers=first.headers)
    for path in (PAYOUTS, f"{PAYOUTS}/owed", f"{PAYOUTS}/periods", f"/internal/mitras/{mitra.id}/earnings"):
        answer = await internal.get(path, params={"format": "csv"}, headers=first.headers)
        assert answer.headers["content-type"].startswith("text/csv"), answer.text
        assert "30000" in answer.text


async def test_a_mitra_sees_its_own_earnings_of_a_time(api: httpx.AsyncClient, mitra: Person, market: Market) -> None:
    later = {"from": now()}
    nothing = (await api.get(EARNINGS, params=later, headers=mitra.headers)).json()
    assert (nothing["earned"], nothing["earnings"], nothing["items"]) == (0, 30_000, [])
    other = (await api.get(EARNINGS, headers=market.mitra().headers)).json()
    assert (other["earned"], other["items"]) == (0, [])
    assert problem(await api.get(EARNINGS, headers=market.customer().headers)) == (403, "FORBIDDEN")
    assert problem(await api.get(EARNINGS, params={"from": "today"}, headers=mitra.headers)) == (
        422,
        "VALIDATION_ERROR",
    )


async def test_a_mitra_has_a_share_of_its_own_from_the_next_session_on(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, first: Person, market: Market
) -> None:
    body = {"display_name": "Sari", "phone": "+6281299990001", "mitra_share_percent": 70}
    made = (await internal.post("/internal/mitras", json=body, headers=first.headers)).json()
    assert made["mitra_share_percent"] == 70
    path = f"/internal/mitras/{made['id']}"

    async def change(version: int, **body: object) -> httpx.Response:
        return await internal.patch(path, json=body, headers={**first.headers, "If-Match": f'"{version}"'})

    changed = (await change(made["version"], mitra_share_percent=0)).json()
    assert changed["mitra_share_percent"] == 0
    kept = (await change(changed["version"], display_name="Sri")).json()
    assert kept["mitra_share_percent"] == 0
    general = (await change(kept["version"], mitra_share_percent=None)).json()
    assert general["mitra_share_percent"] is None
    for wrong in (-1, 101):
        assert problem(await change(general["version"], mitra_share_percent=wrong)) == (422, "VALIDATION_ERROR")


async def test_what_is_owed_to_a_mitra_is_for_those_who_may_see_payouts(
    internal: httpx.AsyncClient, mitra: Person, first: Person, market: Market
) -> None:
    path = f"/internal/mitras/{mitra.id}"
    stats = (await internal.get(path, headers=first.headers)).json()["stats"]
    assert (stats["charged"], stats["owed"], stats["paid_out"]) == (50_000, 30_000, 0)
    other = market.operator(market.role('{"mitra": ["read"]}'))
    stats = (await internal.get(path, headers=other.headers)).json()["stats"]
    assert (stats["charged"], stats["owed"], stats["paid_out"]) == (50_000, None, None)
    assert problem(await internal.get(f"{path}/earnings", headers=other.headers)) == (403, "FORBIDDEN")


async def test_who_may_only_read_closes_and_pays_nothing(
    internal: httpx.AsyncClient, mitra: Person, first: Person, market: Market
) -> None:
    reader = market.operator(market.role('{"payouts": ["read"]}'))
    closed = await internal.post(f"{PAYOUTS}/close", json={"until": now()}, headers=first.headers)
    path = f"{PAYOUTS}/{closed.json()['items'][0]['id']}"
    for act in ("paid", "failed", "hold", "release"):
        assert problem(await internal.post(f"{path}/{act}", json={}, headers=reader.headers)) == (403, "FORBIDDEN")
    for read in (PAYOUTS, f"{PAYOUTS}/owed", f"{PAYOUTS}/periods", path, f"/internal/mitras/{mitra.id}/earnings"):
        assert (await internal.get(read, headers=reader.headers)).status_code == 200, read
