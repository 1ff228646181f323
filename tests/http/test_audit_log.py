"""The audit log in the control centre: filtered, page by page, masked."""

import httpx
import pytest

from tests.support.http_apps import problem
from tests.support.market import Market

LOG = "/internal/audit-log"


async def test_who_did_what_to_what_is_found_by_each_of_them(internal: httpx.AsyncClient, market: Market) -> None:
    operator, mitra = market.operator(), market.mitra()
    headers = operator.headers | {"X-Request-ID": "they-asked"}
    await internal.post(f"/internal/mitras/{mitra.id}/deactivate", headers=headers, json={"reason": "Ill."})
    await internal.post(f"/internal/mitras/{mitra.id}/activate", headers=headers)
    actor = f"cc:{market.email(operator)}"

    answer = await internal.get(LOG, headers=headers, params={"subject": str(mitra.id), "action": "mitra.deactivate"})
    assert answer.status_code == 200, answer.text
    (entry,) = answer.json()["items"]
    assert entry.items() >= {
        "actor": actor, "action": "mitra.deactivate", "subject": str(mitra.id), "reason": "Ill.",
        "before": {"is_active": True}, "after": {"is_active": False}, "request_id": "they-asked",
        "database_role": "halo_cc",
    }.items()  # fmt: skip

    for meant in (actor, actor.upper().replace("CC:", "cc:"), market.email(operator), str(operator.id)):
        by_actor = (await internal.get(LOG, headers=headers, params={"actor": meant})).json()
        assert {item["actor"] for item in by_actor["items"]} == {actor}
    later = (await internal.get(LOG, headers=headers, params={"from": entry["at"], "subject": str(mitra.id)})).json()
    assert "mitra.activate" in {item["action"] for item in later["items"]}
    earlier = (await internal.get(LOG, headers=headers, params={"to": entry["at"], "subject": str(mitra.id)})).json()
    assert entry["id"] not in {item["id"] for item in earlier["items"]}


async def test_its_pages_hold_every_entry_once(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    market.value("SELECT count(core.audit(NULL, 'test', n::text, NULL, NULL)) FROM generate_series(1, 7) AS n")
    subjects, cursor = [], None
    while True:
        params = {"action": "test", "limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = (await internal.get(LOG, headers=headers, params=params)).json()
        subjects += [item["subject"] for item in page["items"]]
        if (cursor := page["next_cursor"]) is None:
            break
    assert subjects == list("7654321")


async def test_phone_numbers_are_masked_without_pii_read(internal: httpx.AsyncClient, market: Market) -> None:
    document = '{"phone": "+6281234567890"}'
    market.value("SELECT core.audit(NULL, 'test', 'm', %s, %s)", document, document)
    reader = market.operator(market.role('{"audit": ["read"]}'))
    for person, shown in ((reader, "+62••••90"), (market.operator(), "+6281234567890")):
        (entry,) = (await internal.get(LOG, headers=person.headers, params={"action": "test"})).json()["items"]
        assert (entry["before"], entry["after"]) == ({"phone": shown}, {"phone": shown})
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'pii.read' AND subject = 'audit_log'") == 1


@pytest.mark.parametrize(
    "query",
    [
        "from=yesterday",
        "to=0.5",
        "from=1767225600",
        "to=-1e3",
        "to=2026-01-01T00:00:00",
        "actor=",
        "since=2026-01-01T00:00:00Z",
    ],
)
async def test_a_filter_that_can_not_be_read_is_refused(
    internal: httpx.AsyncClient, market: Market, query: str
) -> None:
    answer = await internal.get(f"{LOG}?{query}", headers=market.operator().headers)
    assert problem(answer) == (422, "VALIDATION_ERROR")


async def test_the_log_is_for_those_who_may_read_it(internal: httpx.AsyncClient, market: Market) -> None:
    stranger = market.operator(market.role('{"mitra": ["read"]}'))
    assert problem(await internal.get(LOG, headers=stranger.headers)) == (403, "FORBIDDEN")
