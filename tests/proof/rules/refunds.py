"""Money that is owed back."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import RefusedError
from tests.proof.rules.payments import Payments
from tests.proof.things import Payment, Refund


class Refunds(Payments):
    """Refunds, asked for and paid."""

    def open_refund(self, payment: Payment) -> Refund | None:
        opened = ("requested", "unanswered")
        return next((refund for refund in self.refunds if refund.payment is payment and refund.status in opened), None)

    @command
    def request_refund(self, payment: Payment, amount: int | None) -> str:
        refund = self.open_refund(payment)
        is_held = payment.status == "confirmed"
        most = payment.amount if is_held else payment.due + payment.kept
        if refund and amount not in (None, refund.amount):
            raise RefusedError("INVALID_STATE")
        if refund and refund.status == "requested":
            self.settle_graces(payment.customer)
            refund.is_unsure |= not refund.is_taken
            return payment.refund_status
        if is_held and amount not in (None, payment.amount):
            raise RefusedError("VALIDATION_ERROR")
        if payment.confirmed_at is None or not most or (is_held and self.extension_of(payment)):
            raise RefusedError("INVALID_STATE")
        if amount is None:
            amount = refund.amount if refund else payment.due or (0 if payment.refunded else most)
        if not 1 <= amount <= most:
            raise RefusedError("VALIDATION_ERROR")
        self.settle_graces(payment.customer)
        if search := self.own_search(payment) if is_held else None:
            self.abandon(search, "cancelled", "refunded")
        elif is_held:
            payment.status, payment.cause, payment.due = "failed", "refunded", payment.amount
        payment.due, payment.refund_status = max(payment.due, amount), "requested"
        if refund is None:
            refund = Refund(payment, amount)
            self.refunds.append(refund)
        refund.status = "requested"
        if payment.provider == "manual":
            self.settle_refund(refund, "succeeded")
        else:
            self.tell(payment.customer, "payment_updated")
        return payment.refund_status

    def settle_refund(self, refund: Refund, status: str) -> None:
        refund.status, payment = status, refund.payment
        if status == "succeeded":
            payment.due -= refund.amount
            payment.refunded += refund.amount
            self.transactions.append(("refund", payment, refund.amount))
        refund.is_unsure |= status == "unanswered"
        payment.refund_status = "due" if payment.due else "refunded"
        self.tell(payment.customer, "payment_updated")

    @command
    def record_refund(self, refund: Refund, news: str) -> str:
        """Better news than before counts; a refusal proves nothing when an earlier request may have been heard."""
        payment = refund.payment
        self.settle_graces(payment.customer)
        if news == "refused":
            news = "unanswered" if refund.is_unsure else "failed"
        counting = {
            "requested": ("succeeded", "failed") if refund.is_taken else ("succeeded", "failed", "unanswered"),
            "unanswered": ("succeeded", "failed", "sent"),
            "failed": ("succeeded",) if payment.due >= refund.amount and not self.open_refund(payment) else (),
        }
        refund.is_taken |= news == "sent"
        if news in counting.get(refund.status, ()) and news != "sent":
            self.settle_refund(refund, news)
        elif news in counting.get(refund.status, ()):
            refund.status = payment.refund_status = "requested"
            self.tell(payment.customer, "payment_updated")
        return payment.refund_status
