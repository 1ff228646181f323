"""Whatever a form of any screen holds, it is refused on a page or done, and never a fault of ours."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from app.pages import SCREENS
from tests.pages.visits import Guest
from tests.support.market import Market, Person
from tests.support.sizes import in_proof_alone

HOSTILE = [
    "", "x" * 5_000, "\0", "\ud7ff\uffff", "%", "'; --", "-1", "0", "9" * 40, "1e400", "NaN", "2026-13-45T99:99",
    "9999-12-31T23:59:59+14:00", "0001-01-01T00:00", "[]", "{}", "null", "true", str(uuid4()), "Asia/Nowhere",
]  # fmt: skip
LEAVES = {"/login", "/logout"}
"""Forms that begin or end the session."""


def forms() -> Iterator[tuple[str, str, list[str]]]:
    """Each screen's address, each of its acts, and the fields that the act's operation knows."""
    for template, screen in SCREENS.items():
        for name, act in screen.acts.items():
            operation = act.resource.operations()[act.method]
            if template not in LEAVES:
                yield template, name, [*(operation.body.__struct_fields__ if operation.body else ()), *operation.path]


@in_proof_alone("sends a thousand forms")
async def test_a_hostile_form_is_refused_on_a_page(
    visit: Guest, market: Market, ayu: Person, caplog: pytest.LogCaptureFixture
) -> None:
    await visit.log_in(market, ayu)
    csrf = await visit.csrf("/")
    named = {"key": "blast_size", "text_name": "pairing_offer", "cc_user_id": str(ayu.id)}
    statuses: set[int] = set()
    for template, act, fields in forms():
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: named.get(name[1], str(uuid4())), template)
        for value in HOSTILE:
            once: dict[str, Any] = dict.fromkeys(fields, value)
            twice: dict[str, Any] = {name: [value, value] for name in [*fields, "version"]}
            for given in (once, twice) if value else ({}, once, twice):
                if act == "password" and template == "/me":
                    given["old_password"] = "wrong"  # one's own password stays
                answer = await visit.send(path, csrf=csrf, act=act, **given)
                statuses.add(answer.status_code)
                assert answer.status_code < 500, (template, act, value[:40], answer.text[:2_000])
    assert statuses >= {303, 404, 422}
    assert not [record for record in caplog.records if record.levelname == "ERROR"], caplog.text
