"""The checkers: what a history and a database must not show, whatever broke meanwhile."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

import psycopg
from psycopg.rows import DictRow

from tests.chaos.history import Heard, History, Operation

Rows = Mapping[str, DictRow]

FINAL_SESSION = {"completed", "cancelled", "failed"}
FINAL_PAYMENT = {"failed", "consumed"}


def sampled(conn: psycopg.Connection[DictRow]) -> Iterator[str]:
    """What is wrong in the database at any moment."""
    for row in conn.execute("SELECT * FROM ops.invariant_violations"):
        yield f"invariant: {row}"
    balance = conn.execute("SELECT * FROM ops.money_balance").fetchone()
    if balance is None or balance["unaccounted"] != 0:
        yield f"money: {balance}"


def at_the_end(history: History, conn: psycopg.Connection[DictRow]) -> Iterator[str]:
    """What is wrong when everything has come to rest."""
    yield from sampled(conn)
    messages = _rows(
        conn,
        "SELECT concat_ws(' ', session_id, client_message_id, sender_id) AS id, session_id, seq, sender_type,"
        " sender_id, body FROM core.chat_messages",
    )
    yield from untrue_messages(history, messages)
    yield from untrue_deliveries(history, messages)
    yield from lost_writes(
        history,
        payments=_rows(conn, "SELECT * FROM core.payment_requests"),
        offers=_rows(conn, "SELECT * FROM core.pairing_offers"),
        sessions=_rows(conn, "SELECT * FROM core.chat_sessions"),
        messages=messages,
    )
    yield from repeated_writes(history, _rows(conn, "SELECT * FROM core.payment_requests"))
    yield from older_reads(history)
    yield from faults_of_ours(history)


def faults_of_ours(history: History) -> Iterator[str]:
    """Answers that say that a program of ours is wrong: what can't be done now is 503."""
    for done in history.operations:
        if done.status >= 500 and done.status != 503:
            yield f"{_said(done)}: {done.reply}"


def lost_writes(history: History, *, payments: Rows, offers: Rows, sessions: Rows, messages: Rows) -> Iterator[str]:
    """Acknowledged writes that are not there, and refused writes that are."""
    accepted_for: dict[tuple[str, int], list[str]] = defaultdict(list)
    for id_, offer in offers.items():
        if offer["status"] == "accepted":
            accepted_for[str(offer["session_id"]), offer["round"]].append(id_)
    for (session_id, round_), winners in accepted_for.items():
        if len(winners) > 1:
            yield f"session {session_id}: {len(winners)} mitras accepted in round {round_}"

    answers: dict[str, set[str]] = defaultdict(set)
    for done in history.operations:
        match done.path.strip("/").split("/"):
            case ["api", "payment-requests"] if done.method == "POST" and done.outcome == "ok":
                stored = payments.get(done.reply["id"])
                if stored is None or stored["amount"] != done.reply["amount"]:
                    yield f"payment request lost: {_said(done)}"
            case ["api", "payment-requests", id_, "confirm"] if done.outcome == "ok":
                if id_ not in payments or payments[id_]["confirmed_at"] is None:
                    yield f"confirmation lost: {_said(done)}"
            case ["api", "payment-requests", id_, "cancel"] if done.outcome == "ok":
                if id_ not in payments or payments[id_]["status"] == "pending":
                    yield f"cancellation lost: {_said(done)}"
            case ["api", "mitra", "offers", id_, "accept" | "decline" as verb]:
                answers[id_].add(f"{verb} {done.outcome}")
            case ["api", "chat", id_, "end" | "cancel"] if done.outcome == "ok":
                if id_ not in sessions or sessions[id_]["status"] not in FINAL_SESSION | {"closing"}:
                    yield f"end lost: {_said(done)}"
    for id_, given in answers.items():
        status = offers[id_]["status"] if id_ in offers else "absent"
        if "accept ok" in given and status != "accepted":
            yield f"offer {id_} is {status}, its accept was acknowledged"
        if "decline ok" in given and status != "declined":
            yield f"offer {id_} is {status}, its no was acknowledged"
        if given == {"accept refused"} and status == "accepted":
            yield f"offer {id_} is accepted, every accept was refused"

    for said in history.said:
        message = messages.get(f"{said.session_id} {said.client_message_id} {said.client}")
        if message is None or (message["seq"], message["body"]) != (said.seq, said.body):
            yield f"message lost: {said}; stored is {message}"


def untrue_messages(history: History, messages: Rows) -> Iterator[str]:
    """Messages that a device was told and that are not stored so."""
    stored = {
        Heard(str(row["session_id"]), row["seq"], str(row["sender_id"]), row["body"]) for row in messages.values()
    }
    for heard in history.heard - stored:
        yield f"told and not stored: {heard}"


def untrue_deliveries(history: History, messages: Rows) -> Iterator[str]:
    """Messages of which it was said that they have reached the other party, before they reached a device of it.

    Who asks for a session's messages by HTTP may have got any of them.
    """
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in messages.values():
        said[str(row["session_id"]), row["sender_type"]].append(row["seq"])
    asked: dict[str, float] = {}
    for done in history.operations:
        if done.method == "GET" and done.path.endswith("/messages"):
            asked.setdefault(done.path.split("/")[-2], done.began)
    told: set[tuple[str, str, int]] = set()
    for claim in history.delivered:
        if asked.get(claim.session_id, claim.at) < claim.at:
            continue
        speaker = "mitra" if claim.party == "customer" else "customer"
        for seq in said[claim.session_id, speaker]:
            place = (claim.party, claim.session_id, seq)
            if seq <= claim.seq and history.arrived.get(place, claim.at) >= claim.at and place not in told:
                told.add(place)
                yield f"said to be delivered, and had not arrived: message {seq} to the {claim.party} of {claim}"


def repeated_writes(history: History, payments: Rows) -> Iterator[str]:
    """Writes that happened twice although they were asked for once, by their Idempotency-Key."""
    keys: dict[str, set[str]] = defaultdict(set)
    replies: dict[str, set[str]] = defaultdict(set)
    for done in history.operations:
        if done.path == "/api/payment-requests" and done.method == "POST" and done.key is not None:
            if done.outcome != "refused":
                keys[done.client].add(done.key)
            if done.outcome == "ok":
                replies[done.key].add(done.reply["id"])
    for key, ids in replies.items():
        if len(ids) > 1:
            yield f"one key made {len(ids)} payment requests: {key}"
    made: dict[str, int] = defaultdict(int)
    for row in payments.values():
        made[str(row["customer_id"])] += 1
    for client, count in made.items():
        if client in keys and count > len(keys[client]):
            yield f"customer {client} asked for {len(keys[client])} payment requests and has {count}"


def older_reads(history: History) -> Iterator[str]:
    """Answers that are older than what the same client had seen before it asked."""
    newest: dict[tuple[str, str], tuple[float, dict[str, Any]]] = {}
    for done in sorted(history.operations, key=lambda one: one.ended):
        if done.outcome != "ok":
            continue
        for seen in _things(done.reply):
            name = (done.client, seen["id"])
            ended, before = newest.get(name, (0.0, seen))
            if ended and done.began > ended:
                for complaint in _goes_back(before, seen):
                    yield f"{done.client} saw {complaint}: {_said(done)}"
            newest[name] = (done.ended, seen)


def _goes_back(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    final = FINAL_PAYMENT if "amount" in before else FINAL_SESSION
    if before["status"] in final and after["status"] != before["status"]:
        yield f"{after['status']} after {before['status']}"
    if "last_seq" in before and "last_seq" in after and after["last_seq"] < before["last_seq"]:
        yield f"message {after['last_seq']} as the last after {before['last_seq']}"


def _things(reply: Any) -> Iterator[dict[str, Any]]:
    """The sessions and payment requests in a reply."""
    match reply:
        case {"items": [*items]}:
            for item in items:
                yield from _things(item)
        case {"id": str(), "status": str(), "duration_minutes": _}:
            yield reply


def _said(done: Operation) -> str:
    return f"{done.method} {done.path} → {done.status} {done.outcome}"


def _rows(conn: psycopg.Connection[DictRow], query: LiteralString) -> Rows:
    return {str(row["id"]): row for row in conn.execute(query)}
