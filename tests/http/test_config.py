"""The rules of the business in the control centre: read, changed, looked back at, undone."""

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market

CONFIG = "/internal/config"
RULE = f"{CONFIG}/offer_timeout_seconds"


async def test_a_rule_is_changed_by_the_version_that_was_read_and_undone(
    internal: httpx.AsyncClient, market: Market
) -> None:
    headers = market.operator().headers
    rules = (await internal.get(CONFIG, headers=headers)).json()
    assert rules["next_cursor"] is None
    (listed,) = [rule for rule in rules["items"] if rule["key"] == "offer_timeout_seconds"]
    found = await internal.get(RULE, headers=headers)
    assert found.json() == listed
    assert (listed["value"], listed["unit"], listed["minimum"], listed["maximum"]) == (30, "seconds", 1, 600)

    tag = found.headers["etag"]
    changed = await internal.put(
        RULE, headers=headers | {"If-Match": tag}, json={"value": 20, "reason": "Mitras are quick."}
    )
    assert (changed.status_code, changed.json()["value"]) == (200, 20), changed.text
    assert changed.json()["updated_by"].startswith("cc:")
    stale = await internal.patch(RULE, headers=headers | {"If-Match": tag}, json={"value": 10})
    assert problem(stale) == (412, "VERSION_MISMATCH")
    patched = await internal.patch(RULE, headers=headers | {"If-Match": changed.headers["etag"]}, json={"value": 25})
    assert patched.json()["value"] == 25

    history = (await internal.get(f"{RULE}/history", headers=headers)).json()["items"]
    assert [(change["before"], change["after"], change["reason"]) for change in history] == [
        (20, 25, None), (30, 20, "Mitras are quick."),
    ]  # fmt: skip
    without = await internal.post(f"{RULE}/undo", headers=headers)
    assert problem(without) == (428, "VERSION_REQUIRED")
    undone = await internal.post(f"{RULE}/undo", headers=headers | {"If-Match": patched.headers["etag"]})
    assert (undone.status_code, undone.json()["value"]) == (200, 20)
    assert market.value("SELECT api.get_config('offer_timeout_seconds')") == 20


async def test_what_was_never_changed_is_not_undone(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers | {"If-Match": '"1"'}
    refused = await internal.post(f"{RULE}/undo", headers=headers)
    assert problem(refused) == (409, "INVALID_STATE")


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("offer_timeout_seconds", 601, "offer_timeout_seconds must be a whole number of seconds from 1 to 600."),
        ("offer_timeout_seconds", "30", "offer_timeout_seconds must be a whole number of seconds from 1 to 600."),
        ("offer_timeout_seconds", None, "offer_timeout_seconds must be a whole number of seconds from 1 to 600."),
        ("blast_size", 10**30, "blast_size must be a whole number of offers from 1 to 100."),
        ("pairing_before_payment", "yes", "pairing_before_payment must be true or false."),
        ("business_time_zone", "Jakarta", "business_time_zone must be a time zone of IANA's list."),
    ],
)
async def test_a_value_that_can_not_be_is_refused_with_what_may_be(
    internal: httpx.AsyncClient, market: Market, key: str, value: object, said: str
) -> None:
    headers = market.operator().headers | {"If-Match": '"1"'}
    refused = await internal.put(f"{CONFIG}/{key}", headers=headers, json={"value": value})
    assert problem(refused) == (422, "VALIDATION_ERROR")
    assert (refused.json()["detail"], refused.json()["field"]) == (said, "value")


async def test_a_change_needs_a_value_and_a_rule(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers | {"If-Match": '"1"'}
    assert (await internal.put(RULE, headers=headers, json={})).json()["field"] == "value"
    unknown = await internal.put(f"{CONFIG}/nothing", headers=headers, json={"value": 1})
    assert problem(unknown) == (404, "NOT_FOUND")
    for path in ("nothing", "nothing/history"):
        assert problem(await internal.get(f"{CONFIG}/{path}", headers=headers)) == (404, "NOT_FOUND")


async def test_reading_rules_and_changing_them_are_two_permissions(internal: httpx.AsyncClient, market: Market) -> None:
    reader = market.operator(market.role('{"config": ["read"]}')).headers | {"If-Match": '"1"'}
    assert (await internal.get(RULE, headers=reader)).status_code == 200
    assert problem(await internal.put(RULE, headers=reader, json={"value": 20})) == (403, "FORBIDDEN")
    assert problem(await internal.post(f"{RULE}/undo", headers=reader)) == (403, "FORBIDDEN")
