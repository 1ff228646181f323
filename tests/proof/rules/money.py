"""What becomes of a payment, and of the extension that it pays."""

from tests.proof.rules.availability import Availability
from tests.proof.things import Extension, Payment, Session


class Money(Availability):
    """Payments as the rest of the rules change them."""

    def has_paid(self, customer: str, *, at_the_discount: bool = False) -> bool:
        return any(
            payment.is_discount or not at_the_discount
            for payment in self.payments
            if payment.customer == customer
            and not payment.is_extension
            and payment.status in ("confirmed", "consumed")
            and not (payment.session and payment.session.cause == "no_first_reply")
        )

    def payment_becomes(self, payment: Payment, status: str, cause: str | None = None) -> None:
        payment.status, payment.cause = status, cause
        if status in ("failed", "failed_delivery", "paid_late"):
            payment.due, payment.refund_status = payment.amount, "due"
        self.tell(payment.customer, "payment_updated")

    def keep(self, payment: Payment) -> None:
        self.payment_becomes(payment, "consumed")
        payment.consumed_at = self.now
        self.transactions.append(("extension" if payment.is_extension else "session", payment, payment.amount))

    def enter_balance(self, payment: Payment, amount: int) -> None:
        self.balances[payment.customer] += amount
        self.transactions.append(("balance", payment, amount))

    def extension_of(self, payment: Payment) -> Extension | None:
        return next((extension for extension in self.extensions if extension.payment is payment), None)

    def pending_extension(self, session: Session) -> Extension | None:
        return next((e for e in self.extensions if e.session is session and e.status == "pending"), None)

    def cancel_extension(self, session: Session) -> None:
        if extension := self.pending_extension(session):
            extension.status = "cancelled"
            self.payment_becomes(extension.payment, "failed", "session_ended")
