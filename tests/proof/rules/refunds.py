"""Money that is owed back."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import RefusedError
from tests.proof.rules.payments import Payments
from tests.proof.things import Payment, Refund


class Refunds(Payments):
    """Refunds, asked for and paid, by each way; and balances that become due again."""

    def open_refund(self, payment: Payment) -> Refund | None:
        opened = ("requested", "unanswered")
        return next((refund for refund in self.refunds if refund.payment is payment and refund.status in opened), None)

    @property
    def rich_customers(self) -> list[str]:
        return [customer for customer in self.customers if self.balances[customer]]

    @property
    def transferred_payments(self) -> list[Payment]:
        opened = ("requested", "unanswered")
        waiting = [refund for refund in self.refunds if refund.way == "transfer" and refund.status in opened]
        return [refund.payment for refund in waiting] or self.payments[-1:]

    def ways(self, payment: Payment) -> list[str]:
        """By which ways money can be paid back now."""
        if payment.confirmed_at is None:
            return []
        if refund := self.open_refund(payment):
            return [refund.way]
        is_refused = any(refund.is_for_good for refund in self.refunds if refund.payment is payment)
        is_by_provider = payment.provider == "manual" or (payment.provider == "xendit" and not is_refused)
        return [*(["provider"] if is_by_provider else []), "transfer", "credit"]

    @command
    def request_refund(
        self, payment: Payment, amount: int | None, way: str = "provider", asker: str | None = None
    ) -> str:
        refund = self.open_refund(payment)
        is_held = payment.status == "confirmed"
        most = payment.amount if is_held else payment.due + payment.kept
        if refund and (amount not in (None, refund.amount) or way != refund.way):
            raise RefusedError("INVALID_STATE")
        if refund and refund.status == "requested":
            self.settle_graces(payment.customer)
            refund.is_unsure |= not refund.is_taken
            refund.asker = refund.asker or (asker if way == "transfer" else None)
            return payment.refund_status
        if payment.confirmed_at is None or (most and way not in self.ways(payment)):
            raise RefusedError("INVALID_STATE")
        if is_held and amount not in (None, payment.amount):
            raise RefusedError("VALIDATION_ERROR")
        if not most or (is_held and self.extension_of(payment)):
            raise RefusedError("INVALID_STATE")
        if amount is None:
            is_given_back = payment.refunded + payment.credited
            amount = refund.amount if refund else payment.due or (0 if is_given_back else most)
        if not 1 <= amount <= most:
            raise RefusedError("VALIDATION_ERROR")
        self.settle_graces(payment.customer)
        if search := self.own_search(payment) if is_held else None:
            self.abandon(search, "cancelled", "refunded")
        elif is_held:
            payment.status, payment.cause, payment.due = "failed", "refunded", payment.amount
        payment.due, payment.refund_status = max(payment.due, amount), "requested"
        if refund is None:
            refund = Refund(payment, amount, way=way)
            self.refunds.append(refund)
        refund.status, refund.asker = "requested", asker
        if way == "credit" or (way == "provider" and payment.provider == "manual"):
            self.settle_refund(refund, "succeeded")
        else:
            self.tell(payment.customer, "payment_updated")
        return payment.refund_status

    def settle_refund(self, refund: Refund, status: str) -> None:
        refund.status, payment = status, refund.payment
        if status == "succeeded":
            payment.due -= refund.amount
        if status == "succeeded" and refund.way == "credit":
            payment.credited += refund.amount
            self.enter_balance(payment, refund.amount)
        elif status == "succeeded":
            payment.refunded += refund.amount
            self.transactions.append(("refund", payment, refund.amount))
        refund.is_unsure |= status == "unanswered"
        payment.refund_status = "due" if payment.due else "refunded"
        self.tell(payment.customer, "payment_updated")

    @command
    def confirm_refund(self, payment: Payment, paid: bool, user: str | None) -> str:
        """A second user says what became of a transfer, or that an unanswered refund was not paid."""
        refund = self.open_refund(payment)
        if refund is None or not (
            (refund.way, refund.status) == ("transfer", "requested") or (not paid and refund.status == "unanswered")
        ):
            raise RefusedError("INVALID_STATE")
        if user is None or refund.asker in (None, user):
            raise RefusedError("SECOND_USER_REQUIRED")
        self.settle_graces(payment.customer)
        self.settle_refund(refund, "succeeded" if paid else "failed")
        return payment.refund_status

    @command
    def return_balance(self, customer: str) -> int:
        """The whole balance is due again, of the newest payments first."""
        left = balance = self.balances[customer]
        if not balance:
            raise RefusedError("INVALID_STATE")
        self.settle_graces(customer)
        for payment in reversed(self.payments):
            if payment.customer == customer and payment.credited and left:
                returned = min(payment.credited, left)
                left -= returned
                payment.credited -= returned
                payment.due += returned
                payment.refund_status = "requested" if payment.refund_status == "requested" else "due"
                self.enter_balance(payment, -returned)
                self.tell(customer, "payment_updated")
        return balance

    @command
    def record_refund(self, refund: Refund, news: str) -> str:
        """Better news than before counts; a refusal proves nothing when an earlier request may have been heard."""
        if refund.way != "provider":
            raise RefusedError("NOT_FOUND")
        payment = refund.payment
        self.settle_graces(payment.customer)
        is_for_good = news == "refused for good"
        if news.startswith("refused"):
            news = "unanswered" if refund.is_unsure else "failed"
        counting = {
            "requested": ("succeeded", "failed") if refund.is_taken else ("succeeded", "failed", "unanswered"),
            "unanswered": ("succeeded", "failed", "sent"),
            "failed": ("succeeded",) if payment.due >= refund.amount and not self.open_refund(payment) else (),
        }
        refund.is_taken |= news == "sent"
        if news in counting.get(refund.status, ()) and news != "sent":
            refund.is_for_good = is_for_good and news == "failed"
            self.settle_refund(refund, news)
        elif news in counting.get(refund.status, ()):
            refund.status = payment.refund_status = "requested"
            self.tell(payment.customer, "payment_updated")
        return payment.refund_status
