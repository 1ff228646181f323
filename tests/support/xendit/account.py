"""What one account at Xendit holds, and what it says of it: sessions, payments on them, refunds, webhooks."""

import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

Document = dict[str, Any]

BUSINESS_ID = "661f87c614802d6c402cd82d"


class Refusal(Exception):  # noqa: N818 - an answer, not an error
    """A request that Xendit does not grant."""

    def __init__(self, status: int, error_code: str, message: str) -> None:
        super().__init__(error_code)
        self.status = status
        self.document = {"error_code": error_code, "message": message}


@dataclass(frozen=True)
class Notice:
    """A webhook: however often it is sent, with the same id and the same bytes."""

    id: str
    body: bytes

    @classmethod
    def of(cls, event: str, data: Document, *, created: datetime | None = None) -> "Notice":
        """A new one about `data`."""
        said = {"event": event, "business_id": BUSINESS_ID, "created": _time(created), "data": data}
        return cls(str(uuid4()), json.dumps(said).encode())

    @property
    def event(self) -> str:
        """What happened."""
        return str(json.loads(self.body)["event"])

    def telling(self, **data: object) -> "Notice":
        """Another one that says otherwise; what is None it does not say at all."""
        said = json.loads(self.body)
        said["data"] = {name: value for name, value in (said["data"] | data).items() if value is not None}
        return replace(self, id=str(uuid4()), body=json.dumps(said).encode())


class Account:
    """Everything there is; each change returns the webhooks that tell of it."""

    def __init__(self, url: str) -> None:
        """`url` is where the pay page is."""
        self.sessions: dict[str, Document] = {}
        self.refunds: dict[str, Document] = {}
        self._url = url
        self._answers: dict[tuple[str, str], tuple[Document, Document]] = {}

    def once(self, operation: str, key: str | None, wanted: Document) -> Document:
        """Grant what is wanted; asked again with the same key, the same answer and no second effect."""
        if key is None:
            return self._grant(operation, wanted)
        if (known := self._answers.get((operation, key))) is not None:
            if known[0] != wanted:
                raise Refusal(409, "IDEMPOTENCY_ERROR", "This key was used with another body.")
            return known[1]
        answer = self._grant(operation, wanted)
        self._answers[operation, key] = (wanted, answer)
        return answer

    def _grant(self, operation: str, wanted: Document) -> Document:
        return dict(self._new_session(wanted) if operation == "POST /sessions" else self._new_refund(wanted))

    def _new_session(self, wanted: Document) -> Document:
        fixed = {"session_type": "PAY", "mode": "PAYMENT_LINK", "currency": "IDR", "country": "ID"}
        wrong = [name for name, value in fixed.items() if wanted.get(name) != value]
        wrong += ["reference_id"] if not isinstance(wanted.get("reference_id"), str) else []
        wrong += ["amount"] if not isinstance(wanted.get("amount"), int) or wanted["amount"] < 1 else []
        if wrong or datetime.fromisoformat(wanted["expires_at"]) <= datetime.now(UTC):
            raise Refusal(400, "API_VALIDATION_ERROR", f"Look at {', '.join(wrong) or 'expires_at'}.")
        session_id = f"ps-{secrets.token_hex(12)}"
        session = {
            **wanted,
            "payment_session_id": session_id,
            "created": _time(),
            "updated": _time(),
            "status": "ACTIVE",
            "payment_link_url": f"{self._url}/pay/{session_id}",
            "payment_token_id": None,
            "payment_request_id": None,
            "business_id": BUSINESS_ID,
        }
        self.sessions[session_id] = session
        return session

    def _new_refund(self, wanted: Document) -> Document:
        paid = [
            session
            for session in self.sessions.values()
            if session["payment_request_id"] is not None
            and session["payment_request_id"] == wanted.get("payment_request_id")
        ]
        if not paid:
            raise Refusal(404, "DATA_NOT_FOUND", "There is no such payment.")
        given_back = sum(
            refund["amount"]
            for refund in self.refunds.values()
            if refund["payment_request_id"] == wanted["payment_request_id"] and refund["status"] != "FAILED"
        )
        if given_back + wanted["amount"] > paid[0]["amount"]:
            raise Refusal(400, "REFUND_AMOUNT_EXCEEDED", "More than was paid.")
        refund = {
            **wanted,
            "id": f"rfd-{uuid4()}",
            "payment_id": paid[0]["payment_id"],
            "channel_code": "QRIS",
            "status": "PENDING",
            "failure_code": None,
            "created": _time(),
            "updated": _time(),
        }
        self.refunds[refund["id"]] = refund
        return refund

    def session_of(self, reference_id: object) -> Document:
        """The session made for one of our payment requests."""
        (session,) = (one for one in self.sessions.values() if one["reference_id"] == str(reference_id))
        return session

    def pay(self, session_id: str, *, amount: int | None = None, at: datetime | None = None) -> list[Notice]:
        """Pay a link, with another amount than was asked for if need be; two webhooks tell of it."""
        session = self._open(session_id)
        session |= {
            "status": "COMPLETED",
            "amount": session["amount"] if amount is None else amount,
            "updated": _time(at),
            "payment_request_id": f"pr-{uuid4()}",
            "payment_id": f"py-{uuid4()}",
        }
        captured = {
            "payment_id": session["payment_id"],
            "payment_request_id": session["payment_request_id"],
            "reference_id": session["reference_id"],
            "type": "SINGLE_PAYMENT",
            "channel_code": "QRIS",
            "country": "ID",
            "currency": session["currency"],
            "request_amount": session["amount"],
            "status": "SUCCEEDED",
            "captures": [{"capture_timestamp": _time(at), "capture_amount": session["amount"]}],
            "created": _time(at),
            "updated": _time(at),
        }
        return [
            Notice.of("payment_session.completed", dict(session), created=at),
            Notice.of("payment.capture", captured, created=at),
        ]

    def fail(self, session_id: str) -> Notice:
        """A payment on a link fails; the link stays open."""
        session = self._open(session_id)
        failed = {
            "payment_id": f"py-{uuid4()}",
            "reference_id": session["reference_id"],
            "currency": session["currency"],
            "request_amount": session["amount"],
            "status": "FAILED",
            "failure_code": "INSUFFICIENT_BALANCE",
        }
        return Notice.of("payment.failure", failed)

    def expire(self, session_id: str) -> Notice:
        """A link's time is over."""
        session = self._open(session_id)
        session |= {"status": "EXPIRED", "updated": _time()}
        return Notice.of("payment_session.expired", dict(session))

    def settle_refund(self, refund_id: str, *, failure_code: str | None = None) -> Notice:
        """The money has reached the customer, or could not."""
        refund = self.refunds[refund_id]
        refund |= {
            "status": "SUCCEEDED" if failure_code is None else "FAILED",
            "failure_code": failure_code,
            "updated": _time(),
        }
        return Notice.of("refund.succeeded" if failure_code is None else "refund.failed", dict(refund))

    def _open(self, session_id: str) -> Document:
        session = self.sessions[session_id]
        if session["status"] != "ACTIVE":
            raise Refusal(400, "INACTIVE_SESSION", f"It is {session['status']}.")
        return session


def _time(at: datetime | None = None) -> str:
    return (at or datetime.now(UTC)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
