"""Lists as CSV: whole, masked as they are elsewhere, harmless in a spreadsheet, written down, and no burden."""

import csv
import io
from contextlib import AsyncExitStack

import httpx
import pytest

from app.http.csv import cell, columns_of, written
from app.resources import internal as internal_app
from tests.support.http_apps import problem
from tests.support.market import Market
from tests.support.waiting import eventually

MITRAS = "/internal/mitras?format=csv"
FAILED = "/internal/failed-pairings?format=csv"
FAILURES = """
    WITH made AS (
        INSERT INTO core.pairing_failures (cause_tag, details)
        SELECT CASE WHEN mod(n, 2) = 0 THEN 'no_mitra_available' ELSE 'not_accepted' END,
            jsonb_build_object('n', n, 'why', repeat('x', %s))
        FROM generate_series(1, %s) AS n RETURNING id
    ) SELECT count(*) FROM made
"""


def rows(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of an export, by the names of their columns."""
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


async def test_an_export_holds_everything_that_the_filters_let_through_once(
    internal: httpx.AsyncClient, market: Market
) -> None:
    market.value(FAILURES, 10, 1001)
    headers = market.operator().headers
    everything = rows(await internal.get(FAILED, headers=headers))
    assert len({row["id"] for row in everything}) == len(everything) == 1001
    assert [int(row["id"]) for row in everything] == sorted((int(row["id"]) for row in everything), reverse=True)
    some = rows(await internal.get(f"{FAILED}&cause=not_accepted&limit=1", headers=headers))
    assert len(some) == 501
    assert {row["cause"] for row in some} == {"not_accepted"}


async def test_an_export_is_a_file_with_a_name_and_a_row_of_headings(
    internal: httpx.AsyncClient, market: Market
) -> None:
    answer = await internal.get(MITRAS, headers=market.operator().headers)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"].startswith('attachment; filename="mitras-20')
    assert answer.headers["content-disposition"].endswith('.csv"')
    assert answer.headers["cache-control"] == "no-store"
    heading, *others = answer.text.split("\r\n")
    assert heading.startswith("id,display_name,phone,")
    assert others == [""]  # nobody is there


async def test_cells_of_people_run_as_no_formula_and_phones_are_masked_as_on_the_screen(
    internal: httpx.AsyncClient, market: Market
) -> None:
    operator, viewer = market.operator(), market.operator(market.role('{"mitra": ["read"]}'))
    for number, name in enumerate(('=HYPERLINK("http://evil","x")', "@SUM(1)", 'Dewi, the "first"')):
        new = {"display_name": name, "phone": f"+628123333444{number}"}
        assert (await internal.post("/internal/mitras", headers=operator.headers, json=new)).status_code == 201
    for person, phone in ((operator, "'+6281233334440"), (viewer, "'+62•••••••••40")):
        exported = {row["display_name"]: row for row in rows(await internal.get(MITRAS, headers=person.headers))}
        assert set(exported) == {'\'=HYPERLINK("http://evil","x")', "'@SUM(1)", 'Dewi, the "first"'}
        first = exported['\'=HYPERLINK("http://evil","x")']
        assert (first["phone"], first["is_active"], first["max_sessions"]) == (phone, "true", "")
        listed = (await internal.get("/internal/mitras", headers=person.headers)).json()["items"]
        assert {f"'{item['phone']}" for item in listed} == {row["phone"] for row in exported.values()}


async def test_an_export_is_written_down_with_who_and_which_filters(
    internal: httpx.AsyncClient, market: Market
) -> None:
    operator = market.operator()
    headers = operator.headers | {"X-Request-ID": "they-took-it"}
    await internal.get(f"{FAILED}&cause=not_accepted&limit=3", headers=headers)
    entry = market.value("SELECT to_jsonb(entry) FROM core.audit_log AS entry WHERE action = 'export'")
    email = market.email(operator)
    assert entry.items() >= {
        "actor": f"cc:{email}", "subject": "failed-pairings", "after": {"cause": "not_accepted"},
        "request_id": "they-took-it",
    }.items()  # fmt: skip


async def test_what_is_refused_as_a_list_is_refused_as_a_file_and_not_written_down(
    internal: httpx.AsyncClient, market: Market
) -> None:
    stranger = market.operator(market.role('{"dashboard": ["read"]}'))
    assert problem(await internal.get(MITRAS, headers=stranger.headers)) == (403, "FORBIDDEN")
    assert problem(await internal.get(f"{MITRAS}&limit=0", headers=stranger.headers)) == (403, "FORBIDDEN")
    assert problem(await internal.get(MITRAS)) == (401, "UNAUTHENTICATED")
    headers = market.operator().headers
    for query in ("format=xml", "format=csv&format=csv", "format=csv&nothing=1", "format=csv&limit=0",
                  "format=csv&limit=many", "format=csv&cursor="):  # fmt: skip
        refused = await internal.get(f"/internal/mitras?{query}", headers=headers)
        assert problem(refused) == (422, "VALIDATION_ERROR"), query
    no_list = await internal.get("/internal/dashboard?format=csv", headers=headers)
    assert problem(no_list) == (422, "VALIDATION_ERROR")
    assert (await internal.get("/internal/mitras?format=json", headers=headers)).json()["items"] == []
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'export'") == 0


async def test_clients_that_stop_reading_hold_no_connection_to_the_database(
    internal: httpx.AsyncClient, market: Market
) -> None:
    market.value(FAILURES, 4000, 3000)
    headers = market.operator().headers

    async def is_idle() -> bool:
        return bool(market.value("SELECT bool_and(state = 'idle') FROM pg_stat_activity WHERE usename = 'halo_cc'"))

    async with AsyncExitStack() as stalled:
        for _ in range(15):  # more than the app has connections
            answer = await stalled.enter_async_context(internal.stream("GET", FAILED, headers=headers))
            assert answer.status_code == 200
        await eventually(is_idle, "no connection is in use")
        assert (await internal.get("/internal/mitras", headers=headers)).status_code == 200
    await eventually(is_idle, "and none is when they are gone")


async def test_an_export_ends_with_its_client(internal: httpx.AsyncClient, market: Market) -> None:
    entry = "core.audit(NULL, 'test', 'm', to_jsonb('+6281234567890'::text), to_jsonb(repeat('x', 4000)))"
    market.value(f"SELECT count({entry}) FROM generate_series(1, 3000)")  # fifteen pages
    leaving, staying = market.operator(), market.operator()
    path = "/internal/audit-log?format=csv&action=test"
    async with internal.stream("GET", path, headers=leaving.headers) as answer:
        assert answer.status_code == 200
    assert len(rows(await internal.get(path, headers=staying.headers))) == 3000  # both would be read by now
    pages = """
        SELECT count(*) FROM core.audit_log AS entry JOIN core.control_center_users AS reader
            ON entry.actor = 'cc:' || reader.email
        WHERE entry.action = 'pii.read' AND reader.id = %s
    """
    assert market.value(pages, staying.id) == 15
    assert market.value(pages, leaving.id) < 15


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""), (True, "true"), (15000, "15000"), (-5, "'-5"), (4.5, "4.5"), ("text", "text"), ("", ""),
        ({"a": [1, None]}, '{"a":[1,null]}'), ([], "[]"), ("=1+1", "'=1+1"), ("+62", "'+62"), ("-1", "'-1"),
        ("@a", "'@a"), ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("\n=1", "'\n=1"), (" =1", " =1"), ("'=1", "'=1"),
    ],
)  # fmt: skip
def test_a_value_is_a_cell(value: object, shown: str) -> None:
    assert cell(value) == shown


def test_a_cell_is_quoted_where_it_has_to_be() -> None:
    assert written([["a", 'b"c', "d,e", "f\r\ng", ""]]) == b'a,"b""c","d,e","f\r\ng",\r\n'


def test_every_list_of_the_internal_api_has_its_columns() -> None:
    lists = {
        template: columns_of(operation)
        for template, resource in internal_app.ROUTES.items()
        for operation in resource.operations().values()
        if operation.is_list
    }
    assert len(lists) >= 9
    for template, columns in lists.items():
        assert len(columns) == len(set(columns)) > 1, template
    assert ("customer", "phone") in lists["/internal/chat-sessions"]


async def test_a_check_that_waits_for_its_turns_is_an_export_too(internal: httpx.AsyncClient, market: Market) -> None:
    headers = market.operator().headers
    for _ in range(2):
        assert rows(await internal.get("/internal/system/invariants?format=csv", headers=headers)) == []
    market.value("UPDATE core.mitra_loads SET capacity = 7 WHERE mitra_id = %s RETURNING 1", market.mitra().id)
    found = rows(await internal.get("/internal/system/invariants?format=csv", headers=headers))
    assert [row["invariant"] for row in found] == ["capacity is what chat_sessions say"]
