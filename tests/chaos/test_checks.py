"""The checkers are checked: each sees the one thing in a made-up history that can't be."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chaos.checks import (
    faults_of_ours,
    lost_writes,
    older_reads,
    repeated_writes,
    untrue_deliveries,
    untrue_messages,
)
from tests.chaos.history import Delivered, Heard, History, Operation, Outcome, Said

PAYMENT = {"id": "P", "status": "pending", "amount": 9000, "duration_minutes": 15}
SESSION = {"id": "S", "status": "active", "last_seq": 3, "duration_minutes": 15}


def history(*operations: Operation, said: Said | None = None) -> History:
    """A history of these operations, one after the other."""
    for number, operation in enumerate(operations):
        operation.began, operation.ended = number, number + 0.5
    return History([*operations], [] if said is None else [said])


def asked(
    path: str, outcome: Outcome = "ok", reply: Any = None, *, method: str = "POST", key: str | None = None
) -> Operation:
    """One operation of one client."""
    return Operation("C", method, path, key, 0.0, outcome=outcome, reply=reply)


def lost(told: History, **stored: Mapping[str, Any]) -> list[str]:
    """What is said to be lost or too much, when the database holds just this."""
    tables: dict[str, Any] = {"payments": {}, "offers": {}, "sessions": {}, "messages": {}} | stored
    return [*lost_writes(told, **tables)]


OFFER = {"session_id": "S", "round": 1, "status": "accepted"}


@pytest.mark.parametrize(
    ("operation", "kept", "gone"),
    [
        (asked("/api/payment-requests", reply=PAYMENT), {"payments": {"P": PAYMENT}}, {"payments": {}}),
        (
            asked("/api/payment-requests", reply=PAYMENT),
            {"payments": {"P": PAYMENT}},
            {"payments": {"P": PAYMENT | {"amount": 1}}},
        ),
        (
            asked("/api/payment-requests/P/confirm"),
            {"payments": {"P": {"confirmed_at": "now", "status": "consumed"}}},
            {"payments": {"P": {"confirmed_at": None, "status": "pending"}}},
        ),
        (
            asked("/api/payment-requests/P/cancel"),
            {"payments": {"P": {"status": "cancelled"}}},
            {"payments": {"P": {"status": "pending"}}},
        ),
        (asked("/api/chat/S/end"), {"sessions": {"S": {"status": "closing"}}}, {"sessions": {"S": SESSION}}),
        (
            asked("/api/mitra/offers/O/accept"),
            {"offers": {"O": OFFER}},
            {"offers": {"O": OFFER | {"status": "expired"}}},
        ),
        (
            asked("/api/mitra/offers/O/decline"),
            {"offers": {"O": OFFER | {"status": "declined"}}},
            {"offers": {"O": OFFER | {"status": "expired"}}},
        ),
        (
            asked("/api/mitra/offers/O/accept", "refused"),
            {"offers": {"O": OFFER | {"status": "rescinded"}}},
            {"offers": {"O": OFFER}},
        ),
    ],
)
def test_an_acknowledged_write_that_is_not_there_is_seen(
    operation: Operation, kept: Mapping[str, Any], gone: Mapping[str, Any]
) -> None:
    assert lost(history(operation), **kept) == []
    assert len(lost(history(operation), **gone)) == 1


def test_of_a_write_without_an_answer_nothing_is_expected() -> None:
    told = history(asked("/api/payment-requests/P/confirm", "unknown"), asked("/api/mitra/offers/O/accept", "unknown"))
    assert lost(told, payments={"P": PAYMENT | {"confirmed_at": None}}, offers={"O": OFFER}) == []
    assert (
        lost(told, payments={"P": PAYMENT | {"confirmed_at": "now"}}, offers={"O": OFFER | {"status": "expired"}}) == []
    )


def test_two_winners_of_one_round_are_seen() -> None:
    offers = {"A": OFFER, "B": OFFER, "C": OFFER | {"round": 2}}
    assert lost(history(), offers=offers) == ["session S: 2 mitras accepted in round 1"]


def test_an_acknowledged_message_that_is_not_there_or_another_is_seen() -> None:
    told = history(said=Said("C", "S", "M", 1, "Halo"))
    assert lost(told, messages={"S M C": {"seq": 1, "body": "Halo"}}) == []
    for stored in ({}, {"S M C": {"seq": 2, "body": "Halo"}}, {"S M C": {"seq": 1, "body": "Hi"}}):
        assert len(lost(told, messages=stored)) == 1


def test_a_message_that_was_told_and_is_stored_otherwise_or_not_at_all_is_seen() -> None:
    told = History(heard={Heard("S", 1, "C", "Halo")})
    stored = {"session_id": "S", "seq": 1, "sender_id": "C", "body": "Halo"}
    assert [*untrue_messages(told, {"M": stored})] == []
    for other in ({}, {"M": stored | {"body": "Hi"}}, {"M": stored | {"seq": 2}}, {"M": stored | {"sender_id": "M"}}):
        assert len([*untrue_messages(told, other)]) == 1


def test_a_repeated_request_that_was_done_twice_is_seen() -> None:
    made = {"customer_id": "C"}
    create = "/api/payment-requests"
    once = history(asked(create, "unknown", key="1"), asked(create, reply=PAYMENT, key="1"))
    assert [*repeated_writes(once, {"P": made})] == []
    assert len([*repeated_writes(once, {"P": made, "Q": made})]) == 1
    twice = history(asked(create, reply=PAYMENT, key="1"), asked(create, reply=PAYMENT | {"id": "Q"}, key="1"))
    assert "one key made 2 payment requests: 1" in [*repeated_writes(twice, {"P": made, "Q": made})]


def test_an_answer_that_says_that_a_program_is_wrong_is_seen() -> None:
    answers = [asked("/api/x", "unknown") for _ in range(4)]
    for answer, status in zip(answers, (0, 200, 503, 500), strict=True):
        answer.status = status
    assert len([*faults_of_ours(history(*answers))]) == 1


@pytest.mark.parametrize(
    ("before", "after", "complaints"),
    [
        (SESSION, SESSION | {"last_seq": 4}, 0),
        (SESSION, SESSION | {"last_seq": 2}, 1),
        (SESSION | {"status": "completed"}, SESSION, 1),
        (SESSION | {"status": "searching"}, SESSION | {"status": "failed"}, 0),
        (PAYMENT | {"status": "consumed"}, PAYMENT, 1),
        (PAYMENT, PAYMENT | {"status": "consumed"}, 0),
    ],
)
def test_an_answer_older_than_what_the_client_had_seen_is_seen(
    before: Mapping[str, Any], after: Mapping[str, Any], complaints: int
) -> None:
    reads = (asked("/api/x", reply=before, method="GET"), asked("/api/x", reply={"items": [after]}, method="GET"))
    assert len([*older_reads(history(*reads))]) == complaints
    # answers to questions that were asked at the same time may come in either order
    told = history(*reads)
    told.operations[1].began = 0.1
    assert [*older_reads(told)] == []


def test_a_message_that_is_said_to_be_delivered_before_it_arrived_is_seen() -> None:
    rows: Any = {
        "1": {"session_id": "S", "seq": 1, "sender_type": "customer"},
        "2": {"session_id": "S", "seq": 2, "sender_type": "mitra"},
        "3": {"session_id": "S", "seq": 3, "sender_type": "customer"},
    }
    told = History(
        delivered=[Delivered("S", "mitra", 1, 2.0), Delivered("S", "mitra", 3, 5.0)],
        arrived={("mitra", "S", 1): 1.0, ("mitra", "S", 3): 4.0},
    )
    assert [*untrue_deliveries(told, rows)] == []
    told.arrived["mitra", "S", 3] = 6.0
    assert len([*untrue_deliveries(told, rows)]) == 1
    del told.arrived["mitra", "S", 3]
    assert len([*untrue_deliveries(told, rows)]) == 1
    told.operations = [Operation("M", "GET", "/api/chat/S/messages", None, 4.5)]
    assert [*untrue_deliveries(told, rows)] == []
