"""Packages in the control centre: made, replaced by a new version, switched off and on."""

from typing import Any

import httpx
import pytest

from app.http.openapi import document
from app.resources import internal as internal_app
from tests.support.http_apps import problem
from tests.support.market import Market

PACKAGES = "/internal/packages"
NEW = {"name": "Ngobrol 15 menit", "duration_minutes": 15, "price": 15000, "first_session_price": 5000}


async def made(internal: httpx.AsyncClient, headers: dict[str, str], **changes: object) -> dict[str, Any]:
    """A package that an operator made."""
    answer = await internal.post(PACKAGES, headers=headers, json=NEW | changes)
    assert (answer.status_code, answer.headers["etag"]) == (201, '"1"'), answer.text
    package: dict[str, Any] = answer.json()
    return package


async def test_a_price_changes_by_a_new_version_and_a_customer_is_sent_on_to_it(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    operator, customer = market.operator(), market.customer()
    market.mitra()
    package = await made(internal, operator.headers)
    path = f"{PACKAGES}/{package['id']}"

    changed = await internal.post(
        f"{path}/versions",
        headers=operator.headers | {"If-Match": '"1"'},
        json={"price": 17000, "reason": "The rent went up."},
    )
    assert (changed.status_code, changed.headers["etag"]) == (201, '"1"'), changed.text
    newer = changed.json()
    assert (newer["price"], newer["name"], newer["replaces"]) == (17000, NEW["name"], package["id"])
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'package.replace'") == "The rent went up."

    asked = {"package_id": package["id"]}
    refused = await api.post("/api/payment-requests", headers=customer.headers, json=asked)
    assert problem(refused) == (409, "PACKAGE_REPLACED")
    assert (refused.json()["package_id"], refused.json()["field"]) == (newer["id"], "package_id")
    assert newer["id"] in refused.json()["detail"]
    bought = await api.post(
        "/api/payment-requests", headers=customer.headers, json={"package_id": refused.json()["package_id"]}
    )
    assert (bought.status_code, bought.json()["amount"]) == (201, 17000)

    found = await internal.get(path, headers=operator.headers)
    assert (found.headers["etag"], found.json()["version"], found.json()["replaced_by"]) == ('"2"', 2, newer["id"])
    assert [version["id"] for version in found.json()["versions"]] == [newer["id"], package["id"]]
    on_sale = (await internal.get(PACKAGES, headers=operator.headers, params={"is_active": "true"})).json()
    assert [item["id"] for item in on_sale["items"]] == [newer["id"]]


async def test_a_change_names_the_version_that_was_read(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    path = f"{PACKAGES}/{(await made(internal, headers))['id']}"
    for change, body in (("versions", {"price": 1000}), ("deactivate", {}), ("activate", {})):
        without = await internal.post(f"{path}/{change}", headers=headers, json=body)
        assert problem(without) == (428, "VERSION_REQUIRED"), change
        stale = await internal.post(f"{path}/{change}", headers=headers | {"If-Match": '"7"'}, json=body)
        assert problem(stale) == (412, "VERSION_MISMATCH"), change
        assert "is at version 1 now, not 7" in stale.json()["detail"]
        for several in ("*", '"1", "2"'):
            vague = await internal.post(f"{path}/{change}", headers=headers | {"If-Match": several}, json=body)
            assert problem(vague) == (422, "VALIDATION_ERROR"), change
    twice = await internal.post(
        f"{path}/deactivate", headers=[*headers.items(), ("If-Match", '"1"'), ("If-Match", '"2"')]
    )
    assert problem(twice) == (422, "VALIDATION_ERROR")
    assert market.value("SELECT count(*) FROM core.price_packages WHERE is_active AND version = 1") == 1


async def test_a_package_is_switched_off_and_on_and_customers_see_it_at_once(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    headers = market.operator().headers
    path = f"{PACKAGES}/{(await made(internal, headers))['id']}"
    for number, (change, on_sale) in enumerate((("deactivate", 0), ("activate", 1)), 1):
        answer = await internal.post(f"{path}/{change}", headers=headers | {"If-Match": f'"{number}"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, f'"{number + 1}"')
        assert len((await api.get("/api/packages")).json()["items"]) == on_sale


async def test_a_new_version_that_is_sent_twice_is_made_once(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    path = f"{PACKAGES}/{(await made(internal, headers))['id']}/versions"
    sent = headers | {"If-Match": '"1"', "Idempotency-Key": "once"}
    first, again = [await internal.post(path, headers=sent, json={"price": 17000}) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again.headers["etag"] == '"1"'
    assert market.value("SELECT count(*) FROM core.price_packages") == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " "}, "name"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 1441}, "duration_minutes"),
        ({"price": 0}, "price"),
        ({"price": 15000.5}, "price"),
        ({"price": "15000"}, "price"),
        ({"price": 2**63}, "price"),
        ({"first_session_price": 15001}, "first_session_price"),
        ({"is_extension": True}, "first_session_price"),
        ({"is_active": False}, "is_active"),
        ({"reason": "x" * 501}, "reason"),
    ],
)
async def test_a_package_that_can_not_be_is_refused(
    internal: httpx.AsyncClient, market: Market, changes: dict[str, object], field: str
) -> None:
    refused = await internal.post(PACKAGES, headers=market.operator().headers, json=NEW | changes)
    assert problem(refused) == (422, "VALIDATION_ERROR")
    assert refused.json()["field"] == field
    assert market.value("SELECT count(*) FROM core.price_packages") == 0


async def test_looking_at_packages_and_changing_them_are_two_permissions(
    internal: httpx.AsyncClient, market: Market
) -> None:
    package = await made(internal, market.operator().headers)
    reader = market.operator(market.role('{"packages": ["read"]}')).headers
    path = f"{PACKAGES}/{package['id']}"
    assert (await internal.get(path, headers=reader)).status_code == 200
    for change, body in (("", NEW), (f"/{package['id']}/versions", {"price": 1000})):
        refused = await internal.post(f"{PACKAGES}{change}", headers=reader | {"If-Match": '"1"'}, json=body)
        assert problem(refused) == (403, "FORBIDDEN")
    stranger = market.operator(market.role('{"dashboard": ["read"]}')).headers
    assert problem(await internal.get(path, headers=stranger)) == (403, "FORBIDDEN")


def test_the_document_says_where_a_version_is_read_and_where_it_is_named() -> None:
    paths = document("Test", internal_app.ROUTES)["paths"]
    read, change = paths[f"{PACKAGES}/{{package_id}}"]["get"], paths[f"{PACKAGES}/{{package_id}}/versions"]["post"]
    assert read["responses"]["200"]["headers"].keys() == change["responses"]["201"]["headers"].keys() == {"ETag"}
    (named,) = [
        parameter for parameter in change["parameters"] if parameter["in"] == "header" and parameter["required"]
    ]
    assert named["name"] == "If-Match"
    assert "VERSION_REQUIRED" in change["responses"]["428"]["description"]
    assert "VERSION_MISMATCH" in change["responses"]["412"]["description"]
