"""The log: what is decided about a session is one line of the listener, with ids, and without what is personal."""

from collections import Counter
from typing import Any

import structlog

from listeners.concerns import decisions
from tests.support.frames import types
from tests.support.listening import Listening
from tests.support.market import Market
from tests.support.waiting import eventually

Lines = list[Any]


def test_every_event_tells_of_a_decision_or_is_known_to_tell_of_none() -> None:
    assert decisions.TOLD_ONCE.keys() | decisions.NO_DECISIONS == types("stored")
    assert decisions.TOLD_ONCE.keys() & decisions.NO_DECISIONS == set()


async def logged(lines: Lines, event: str, **fields: str) -> None:
    async def is_there() -> bool:
        return any(line["event"] == event and fields.items() <= line.items() for line in lines)

    await eventually(is_there, f"{event} is logged with {fields}")


async def test_each_decision_about_a_session_is_one_line_with_ids_and_without_names(
    listener: Listening, market: Market
) -> None:
    customer, first, second = market.customer(), market.mitra(), market.mitra()
    market.value("UPDATE core.customers SET display_name = 'Planted Name' WHERE id = %s RETURNING 1", customer.id)
    with structlog.testing.capture_logs() as lines:
        offer, lost = market.offer(customer, first, second)
        market.value("SELECT api.accept_offer(%s, %s)", offer, first.id)
        session = str(market.value("SELECT session_id FROM core.pairing_offers WHERE id = %s", offer))
        payment = str(market.value("SELECT id FROM core.payment_requests WHERE session_id = %s", session))
        market.value("SELECT api.end_session(%s, 'customer', %s)", session, customer.id)
        await logged(lines, "session_ended", session_id=session, mitra_id=str(first.id))
        await logged(lines, "offer_rescinded", session_id=session, offer_id=str(lost))
        await logged(lines, "payment_updated", session_id=session, payment_request_id=payment, status="consumed")

    mine = [line for line in lines if line.get("session_id") == session]
    once = Counter(line["event"] for line in mine if line["event"].startswith("session_"))
    assert once == {"session_started": 1, "session_ended": 1}
    assert {line["offer_id"] for line in mine if line["event"] == "pairing_offer"} == {str(offer), str(lost)}
    assert {line["recipient"] for line in mine if line["event"] == "session_started"} == {customer.recipient}
    assert "Planted Name" not in str(lines)
