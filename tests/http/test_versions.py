"""What operators edit: the version that a change names, and the reason that it gives."""

import httpx
import msgspec
import pytest

from app.http import versions
from app.problems import Problem
from app.resources import internal as internal_app
from app.shapes.base import Reasoned
from tests.support.http_apps import problem
from tests.support.market import Market

CHANGES_NOTHING = {"AllReplays_post", "CancelReplay_post"}


@pytest.mark.parametrize("header", ['"3"', 'W/"3"', "3", ' "3" '])
def test_a_tag_a_weakened_tag_and_a_bare_number_name_a_version(header: str) -> None:
    assert versions.read(header) == 3


def test_a_change_without_a_version_is_refused() -> None:
    with pytest.raises(Problem) as refused:
        versions.read(None)
    assert (refused.value.status, refused.value.code) == (428, "VERSION_REQUIRED")


@pytest.mark.parametrize("header", ["*", '"3", "4"', "3,4", "", '""', '"0"', "-1", "three", '"3', "1" * 10, '"٣"'])
def test_what_names_no_version_several_or_any_is_refused(header: str) -> None:
    with pytest.raises(Problem) as refused:
        versions.read(header)
    assert (refused.value.code, refused.value.field) == ("VALIDATION_ERROR", "If-Match")


def test_every_change_by_an_operator_takes_a_reason_and_is_audited() -> None:
    changes = [
        operation
        for resource in internal_app.ROUTES.values()
        for method, operation in resource.operations().items()
        if method != "get" and "cc" in operation.allow and operation.name not in CHANGES_NOTHING
    ]
    assert len(changes) > 5
    for operation in changes:
        assert operation.body is not None, operation.name
        assert issubclass(operation.body, Reasoned), operation.name
        assert operation.is_audited, operation.name


def test_a_reply_with_a_version_has_it_as_a_number() -> None:
    replies = [
        operation.reply
        for resource in internal_app.ROUTES.values()
        for operation in resource.operations().values()
        if operation.has_version
    ]
    assert replies
    for reply in replies:
        assert reply is not None
        assert {field.type for field in msgspec.structs.fields(reply) if field.name == "version"} == {int}, reply


async def test_a_reason_reaches_the_audit_log_also_without_a_body_of_the_operation(
    internal: httpx.AsyncClient, market: Market
) -> None:
    headers, mitra = market.operator().headers, market.mitra()
    path = f"/internal/mitras/{mitra.id}"
    off = await internal.post(f"{path}/deactivate", headers=headers, json={"reason": " He asked for it. "})
    assert (off.status_code, off.json()["version"], off.headers["etag"]) == (200, 2, '"2"')
    assert reason(market, "mitra.deactivate") == "He asked for it."
    for body in ({"reason": " \t"}, {"reason": None}, {}, None):
        again = await internal.post(f"{path}/activate", headers=headers, json=body)
        assert again.status_code == 200
        assert reason(market, "mitra.activate") is None


async def test_a_reason_is_a_text_of_at_most_500_characters(internal: httpx.AsyncClient, market: Market) -> None:
    headers, mitra = market.operator().headers, market.mitra()
    for wrong in ("x" * 501, 5, ["because"], "a\u0000b"):
        answer = await internal.post(f"/internal/mitras/{mitra.id}/deactivate", headers=headers, json={"reason": wrong})
        assert problem(answer) == (422, "VALIDATION_ERROR"), wrong
        assert answer.json()["field"] == "reason"
    assert market.value("SELECT bool_and(is_active) FROM core.mitras")


async def test_a_refusal_and_a_replay_have_no_other_version(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers | {"Idempotency-Key": "once"}
    body = {"display_name": "Dewi", "phone": "+6281233334444", "reason": "She was hired."}
    first = await internal.post("/internal/mitras", headers=headers, json=body)
    second = await internal.post("/internal/mitras", headers=headers, json=body)
    assert (first.status_code, first.headers["etag"]) == (201, '"1"')
    assert (second.headers["idempotent-replayed"], second.headers["etag"]) == ("true", '"1"')
    taken = await internal.post("/internal/mitras", headers=market.operator().headers, json=body)
    assert taken.status_code == 409
    assert "etag" not in taken.headers
    assert reason(market, "mitra.create") == "She was hired."


def reason(market: Market, action: str) -> str | None:
    """The reason of the latest entry in the audit log."""
    found: str | None = market.value(
        "SELECT reason FROM core.audit_log WHERE action = %s ORDER BY id DESC LIMIT 1", action
    )
    return found
