"""While somebody holds an old snapshot nothing is vacuumed: what is over must cost nothing all the same."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from tests.support.explained import EXPLAINED
from tests.support.market import Market, Person

SESSIONS = 150
MOST_BLOCKS = 60  # a page more for each of them would be 150
LEFT = {"chat_sessions", "pairing_offers", "payment_requests", "reply_deadlines", "session_warnings"}
"""Where a session that is over leaves rows."""

IN_JSON = ("SET auto_explain.log_buffers = on", "SET auto_explain.log_format = json")


@pytest.fixture
def held(conn: psycopg.Connection, database_url: str) -> Iterator[None]:
    """Somebody reads in a transaction that does not end."""
    with psycopg.connect(database_url) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("SELECT pg_current_xact_id()")
        yield


@pytest.mark.usefixtures("held")
def test_no_statement_of_a_session_reads_what_is_over(conn: psycopg.Connection, market: Market) -> None:
    mitras = [market.mitra(max_sessions=100) for _ in range(10)]
    for number in range(SESSIONS):
        live(market, mitras[number % len(mitras)])
    conn.execute("SET enable_seqscan = off")  # as if the tables were large
    conn.execute("VACUUM ANALYZE")  # nothing is live now, so whatever is live looks as if it could be read whole
    customer, told = market.customer(), list[str]()
    for statement in (*EXPLAINED, *IN_JSON):
        conn.execute(statement)
    conn.add_notice_handler(lambda notice: told.append(notice.message_primary or ""))
    end(market, begin(market, customer, mitras[0]), customer)

    plans = [json.loads(message[message.index("{") :]) for message in told if "{" in message]
    assert len(plans) > 50, "nested statements tell their plans"
    faults = [
        f"{blocks} blocks by {node.get('Index Name', node['Node Type'])}: {plan['Query Text']}"
        for plan in plans
        for node in nodes(plan["Plan"])
        if node.get("Relation Name") in LEFT and (blocks := own_blocks(node)) > MOST_BLOCKS
    ]
    assert faults == [], "\n".join(faults)


def live(market: Market, mitra: Person) -> None:
    """A session from its payment to its very end."""
    customer = market.customer()
    session = begin(market, customer, mitra)
    end(market, session, customer)
    market.value("UPDATE core.chat_sessions SET closing_ends_at = now() WHERE id = %s RETURNING id", session)
    market.value("SELECT count(*) FROM api.run_due(20)")


def begin(market: Market, customer: Person, mitra: Person) -> UUID:
    """A session that is paid, offered and accepted."""
    (offer,) = market.offer(customer, mitra)
    return UUID(market.value("SELECT api.accept_offer(%s, %s) ->> 'id'", offer, mitra.id))


def end(market: Market, session: UUID, customer: Person) -> None:
    """The customer ends the session; its last words begin."""
    market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A step of a plan, and all below it."""
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


def own_blocks(node: dict[str, Any]) -> int:
    """The blocks that a step touches itself."""
    return touched(node) - sum(touched(below) for below in node.get("Plans", ()))


def touched(node: dict[str, Any]) -> int:
    """The blocks that a step touches, with those below it."""
    return int(node["Shared Hit Blocks"]) + int(node["Shared Read Blocks"])
