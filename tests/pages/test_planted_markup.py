"""Whatever people wrote, and whatever an address holds, stands on a page as text: on every screen there is."""

import json
import re
from uuid import UUID, uuid4

import httpx
import psycopg

from app.pages import SCREENS
from tests.pages.visits import Guest
from tests.support.market import Market, Person
from tests.support.sizes import in_proof_alone

MARK = """<planted x='">"""
STREAMS = {"/live/stream", "/wallboard/stream"}
"""Server-sent events, without an end. Their tiles come from the templates of the screens."""
GONE = {"/logout"}
QUERIES = ("q", "state", "id", "customer_id", "mitra_id", "actor", "language", "from", "back", "done", "act")


@in_proof_alone("loads every screen eight times")
async def test_what_is_planted_in_every_text_of_people_is_markup_on_no_screen(
    visit: Guest, market: Market, conn: psycopg.Connection, ayu: Person
) -> None:
    things = planted(market, conn, ayu)
    await visit.log_in(market, ayu)
    pages: dict[str, str] = {}
    for template in sorted(SCREENS.keys() - STREAMS - GONE):
        path = re.sub(r"\{(\w+)(?::\w+)?\}", lambda name: str(things[name[1]]), template)
        pages[template] = raw(await visit.client.get(path, follow_redirects=True), template)
        # In a filter, in a field that no screen knows, and as the way back.
        for query in QUERIES:
            raw(await visit.client.get(path, params={query: MARK}, follow_redirects=True), f"{template}?{query}")
    session = f"/sessions/{things['session_id']}"
    pages["read along"] = raw(await visit.send(session, act="read", reason=MARK), "read along")
    raw(await visit.get(f"/{MARK}/{MARK}"), "a lost page")
    raw(await visit.send("/people", act="create", display_name=MARK, email=MARK, role=MARK, password=MARK), "a form")
    shown = {template for template, page in pages.items() if "&lt;planted" in page}
    assert {"/mitras", "/mitras/{mitra_id:uuid}", "/customers/{customer_id:uuid}", "/packages", "/people", "/audit",
            "/reports/{report_id:uuid}", "/sessions/{session_id:uuid}", "/me", "read along"} <= shown  # fmt: skip


def raw(answer: httpx.Response, where: str) -> str:
    """The page, which shows the mark as text or not at all."""
    text = answer.text
    assert "<planted" not in text, where
    assert "x='\"" not in text, where
    return text


def planted(market: Market, conn: psycopg.Connection, ayu: Person) -> dict[str, object]:
    """Write the mark wherever people write, and give an id for each name that an address of a screen has."""
    customer, mitra = market.customer(), market.mitra()
    for table, person in (("customers", customer), ("mitras", mitra), ("control_center_users", ayu)):
        conn.execute(f"UPDATE core.{table} SET display_name = %s WHERE id = %s".encode(), [MARK, person.id])
    session = market.session(customer, mitra)
    market.value("SELECT api.send_message(%s, 'customer', %s, 'm1', %s)", session, customer.id, MARK)
    market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
    market.value("SELECT api.rate_session(%s, %s, 4, %s)", session, customer.id, MARK)
    market.value("SELECT api.report_other_party(%s, 'customer', %s, 'rude', %s)", session, customer.id, MARK)
    market.value("SELECT api.save_view(%s, 'sessions', %s, %s)", ayu.id, MARK, "status=failed")
    package = market.package()
    conn.execute("UPDATE core.price_packages SET name = %s WHERE id = %s", [MARK, package])
    role = market.role(json.dumps({"mitra": ["read"]}))
    receipt = market.value(
        "INSERT INTO core.webhook_receipts (provider, receipt_key, event, body, outcome)"
        " VALUES ('xendit', %s, %s, %s, %s) RETURNING id",
        MARK, MARK, json.dumps({"event": MARK, "data": {"reference_id": MARK}}), "ignored",
    )  # fmt: skip
    market.value("SELECT api.set_config('blast_size', '9', %s)", f"cc:{MARK}")
    return {
        "customer_id": customer.id,
        "mitra_id": mitra.id,
        "session_id": session,
        "package_id": package,
        "role_id": market.value("SELECT id FROM core.roles WHERE name = %s", role),
        "cc_user_id": ayu.id,
        "receipt_id": receipt,
        "report_id": market.value("SELECT id FROM core.reports"),
        "payment_request_id": market.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session),
        "payout_id": UUID(int=uuid4().int),
        "key": "blast_size",
        "text_name": market.value("SELECT name FROM core.message_templates ORDER BY name LIMIT 1"),
    }
