"""Links that customers were given, and what became of the webhooks about them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import httpx

from tests.support.market import Market, Person
from tests.support.xendit.account import Notice
from tests.support.xendit.server import LocalXendit

PATH = "/api/webhooks/xendit"
READ = "GET /sessions/{id}"


class Sale:
    """A link that a customer was given."""

    def __init__(self, market: Market, xendit: LocalXendit, payment: dict[str, Any], customer: Person) -> None:
        self.id = UUID(payment["id"])
        self.customer = customer
        self.link = xendit.account.session_of(self.id)["payment_session_id"]
        self._market = market
        self._xendit = xendit

    def paid(self, *, at: datetime | None = None) -> list[Notice]:
        """The two webhooks that tell that it was paid."""
        return self._xendit.account.pay(self.link, at=at)

    @property
    def status(self) -> str:
        return str(self._market.value("SELECT status FROM core.payment_requests WHERE id = %s", self.id))

    @property
    def sessions(self) -> int:
        """How many sessions the money bought."""
        count: int = self._market.value(
            "SELECT count(*) FROM core.chat_sessions WHERE customer_id = %s", self.customer.id
        )
        return count


async def sell(api: httpx.AsyncClient, market: Market, xendit: LocalXendit) -> Sale:
    customer = market.customer()
    body = {"package_id": str(market.package())}
    made = await api.post("/api/payment-requests", json=body, headers=customer.headers)
    assert made.status_code == 201, made.text
    return Sale(market, xendit, made.json(), customer)


def receipts(market: Market) -> list[dict[str, Any]]:
    """Every webhook stored, oldest first."""
    found: list[dict[str, Any]] = market.value(
        "SELECT coalesce(jsonb_agg(jsonb_build_object('key', receipt_key, 'event', event, 'outcome', outcome,"
        " 'flagged', is_flagged, 'open', processed_at IS NULL) ORDER BY received_at), '[]') FROM core.webhook_receipts"
    )
    return found
