"""Payment requests and their links at the local Xendit, made as the API makes them."""

from typing import Any
from uuid import UUID

from app.payments.xendit import Xendit
from app.shapes.payments import PaymentRequest
from tests.support.market import Market
from tests.support.xendit.server import LocalXendit


class Shop:
    """Links that customers were given, made as the API makes them."""

    def __init__(self, market: Market, client: Xendit, xendit: LocalXendit) -> None:
        self.market = market
        self.xendit = xendit
        self._client = client

    async def sell(self) -> UUID:
        """A payment request with its link."""
        customer = self.market.customer()
        made: dict[str, Any] = self.market.value(
            "SELECT api.create_payment_request(%s, %s, p_anyone_available => true, p_provider => 'xendit')",
            customer.id,
            self.market.package(),
        )
        payment = PaymentRequest(**made | {"id": UUID(made["id"])})
        link = await self._client.create_link(payment)
        self.market.value(
            "SELECT api.attach_checkout(%s, %s, %s, %s)",
            payment.id, customer.id, link.payment_session_id, link.payment_link_url,
        )  # fmt: skip
        return payment.id

    def link(self, payment: UUID) -> str:
        return str(self.xendit.account.session_of(payment)["payment_session_id"])

    def pay(self, payment: UUID) -> None:
        """Pay, and lose the webhooks."""
        self.xendit.account.pay(self.link(payment))

    def pay_unverified(self, payment: UUID) -> None:
        """Pay, and receive the webhook while the provider gives no proof."""
        completed, _ = self.xendit.account.pay(self.link(payment))
        taken = self.market.value(
            "SELECT api.receive_webhook('xendit', %s, %s::jsonb)", completed.id, completed.body.decode()
        )
        assert taken["outcome"] == "unverified"

    async def owe(self) -> UUID:
        """A paid request of which all is due back."""
        payment = await self.sell()
        self.pay(payment)
        session = self.xendit.account.session_of(payment)
        self.market.value(
            "SELECT api.reconcile_payment(%s, jsonb_build_object('status', 'COMPLETED', 'amount', 50000,"
            " 'currency', 'IDR', 'payment_request_id', %s::text))",
            payment, session["payment_request_id"],
        )  # fmt: skip
        return payment

    def ask_refund(self, payment: UUID) -> UUID:
        """Ask for a refund two minutes ago, and die before the provider was asked."""
        asked = self.market.value("SELECT api.request_refund(%s)", payment)
        refund = UUID(asked["refund"]["id"])
        self.market.value(
            "UPDATE core.refunds SET requested_at = requested_at - interval '2 minutes' WHERE id = %s RETURNING 1",
            refund,
        )
        return refund

    def status(self, payment: UUID) -> str:
        return str(self.market.value("SELECT status FROM core.payment_requests WHERE id = %s", payment))

    def refund_status(self, payment: UUID) -> str:
        return str(self.market.value("SELECT refund_status FROM core.payment_requests WHERE id = %s", payment))
