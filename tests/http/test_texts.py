"""What pushes say, in the control centre."""

import httpx

from tests.support.http_apps import problem
from tests.support.market import Market

TEXT = "/internal/texts/message/en"


async def test_a_text_is_tried_out_and_then_changed(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    found = await internal.get(TEXT, headers=headers)
    listed = (await internal.get("/internal/texts", headers=headers)).json()["items"]
    assert found.json() in listed
    assert {text["locale"] for text in listed} == {"id", "en"}
    assert found.json()["placeholders"] == ["customer", "mitra", "peer"]

    draft = {"title": "{peer} wrote"}
    shown = await internal.post(f"{TEXT}/preview", headers=headers, json=draft)
    assert shown.json() == {"title": "Dewi wrote", "body": "You have a message from Dewi"}

    change = draft | {"body": "Have a look", "reason": "Shorter."}
    assert problem(await internal.put(TEXT, headers=headers, json=change)) == (428, "VERSION_REQUIRED")
    changed = await internal.put(TEXT, headers=headers | {"If-Match": found.headers["etag"]}, json=change)
    assert (changed.status_code, changed.headers["etag"], changed.json()["body"]) == (200, '"2"', "Have a look")
    stale = await internal.put(TEXT, headers=headers | {"If-Match": found.headers["etag"]}, json=change)
    assert problem(stale) == (412, "VERSION_MISMATCH")
    assert market.value("SELECT title FROM ops.message_templates WHERE name = 'message' AND locale = 'en'") == (
        "{peer} wrote"
    )
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'text.update'") == "Shorter."


async def test_a_placeholder_for_which_a_push_has_no_value_is_refused(
    internal: httpx.AsyncClient, market: Market
) -> None:
    headers = market.operator().headers | {"If-Match": '"1"'}
    wrong = {"title": "Hello", "body": "{minutes} min"}
    for answer in (
        await internal.put(TEXT, headers=headers, json=wrong),
        await internal.post(f"{TEXT}/preview", headers=headers, json=wrong),
    ):
        assert problem(answer) == (422, "VALIDATION_ERROR")
        assert (answer.json()["field"], answer.json()["hint"]) == ("body", "Use {customer}, {mitra}, {peer}.")
    assert problem(await internal.get("/internal/texts/message/fr", headers=headers)) == (404, "NOT_FOUND")


async def test_trying_a_text_out_needs_no_right_to_change_it(internal: httpx.AsyncClient, market: Market) -> None:
    reader = market.operator(market.role('{"texts": ["read"]}')).headers | {"If-Match": '"1"'}
    assert (await internal.post(f"{TEXT}/preview", headers=reader)).status_code == 200
    refused = await internal.put(TEXT, headers=reader, json={"title": "a", "body": "b"})
    assert problem(refused) == (403, "FORBIDDEN")
