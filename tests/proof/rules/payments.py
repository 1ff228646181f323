"""Payment requests, their links, and the money that arrives."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import DELIVERY, LINK, REVIVE, STALE, STALE_IN_POSTGRESQL, RefusedError
from tests.proof.rules.sessions import Sessions
from tests.proof.things import Mitra, Package, Payment, Session


class Payments(Sessions):
    """What customers and the provider say of payments."""

    @command
    def create_payment_request(
        self,
        customer: str,
        package: Package,
        session: Session | None,
        beacon: bool | None,
        provider: str,
        use_credit: bool = False,
        preferred: Mitra | None = None,
    ) -> str:
        price = package.price
        if package.is_extension and preferred:
            raise RefusedError("VALIDATION_ERROR")
        if preferred and (customer, preferred) not in self.served:
            raise RefusedError("NOT_FOUND")
        if package.is_extension:
            if session is None or session.customer != customer:
                raise RefusedError("NOT_FOUND")
            if self.session_status(session) not in ("active", "extending", "closing"):
                raise RefusedError("SESSION_NOT_ACTIVE")
        else:
            if self.open_session(customer):
                raise RefusedError("SESSION_ALREADY_OPEN")
            stale = STALE if beacon is False else STALE_IN_POSTGRESQL
            others = [mitra for mitra in self.mitras if mitra not in self.blocked(customer)]
            is_known = beacon and len(others) == len(self.mitras)
            if not is_known and not any(self.is_available(mitra, stale) for mitra in others):
                raise RefusedError("NO_MITRA_AVAILABLE")
            if package.first_session_price and not self.has_paid(customer):
                price = package.first_session_price
        self.settle_graces(customer)
        if use_credit and self.balances[customer] >= price:
            provider = "credit"
        payment = Payment(customer, package, provider, price, self.now, self.now + LINK, session, price < package.price)
        payment.preferred = preferred
        self.payments.append(payment)
        if provider == "credit":
            self.enter_balance(payment, -price)
            self.money_arrives(payment, self.now)
        elif provider == "manual":
            self.link_is_made(payment)
        if session is not None and package.is_extension:
            self.settle(session)
        return payment.status

    def link_is_made(self, payment: Payment) -> None:
        if self.rules["pairing_before_payment"] and payment.session is None and payment.status == "pending":
            if self.open_session(payment.customer):
                raise RefusedError("SESSION_ALREADY_OPEN")
            self.search(payment)
        payment.has_link = True
        self.settle_graces(payment.customer)

    @command
    def attach_checkout(self, payment: Payment) -> str:
        self.link_is_made(payment)
        return payment.status

    @command
    def abandon_checkout(self, payment: Payment) -> None:
        self.settle_graces(payment.customer)
        if payment.status == "pending" and not payment.has_link:
            payment.status, payment.cause = "cancelled", "provider_unavailable"

    @command
    def confirm_payment(self, payment: Payment, paid_at: int | None) -> str:
        self.money_arrives(payment, self.now if paid_at is None else paid_at)
        return payment.status

    def money_arrives(self, payment: Payment, paid_at: int) -> None:
        """Confirming never fails; lateness is judged by the provider's time of it."""
        self.settle_graces(payment.customer)
        if payment.confirmed_at is not None:
            return
        payment.confirmed_at = self.now
        own, open_session = self.own_search(payment), self.open_session(payment.customer)
        latest = payment.expires_at + (REVIVE if self.rules["late_payment_policy"] == "revive" else 0)
        if payment.status == "cancelled":
            self.payment_becomes(payment, "failed", "payment_cancelled")
        elif paid_at > latest:
            self.payment_becomes(payment, "paid_late", "paid_late")
        elif not payment.is_extension and open_session not in (None, own):
            self.payment_becomes(payment, "failed", "session_already_open")
        elif payment.is_discount and self.has_paid(payment.customer, at_the_discount=True):
            self.payment_becomes(payment, "failed", "discount_used")
        elif own and own.mitra and not own.mitra.is_active:
            self.payment_becomes(payment, "confirmed")
            self.reroute(own)
        elif own and own.status == "pending_payment":
            self.keep(payment)
            self.start(own)
        else:
            self.payment_becomes(payment, "confirmed")
            if not payment.is_extension and open_session is None:
                self.search(payment)
        if payment.due and own:
            self.abandon(own, "failed", "payment_expired" if payment.status == "paid_late" else payment.cause)

    @command
    def cancel_payment_request(self, payment: Payment, customer: str) -> str:
        if payment.customer != customer:
            raise RefusedError("NOT_FOUND")
        if payment.status not in ("pending", "cancelled"):
            raise RefusedError("INVALID_STATE")
        self.settle_graces(payment.customer)
        if payment.status == "pending":
            if search := self.own_search(payment):
                self.abandon(search, "cancelled", "cancelled_by_customer")
            else:
                self.payment_becomes(payment, "cancelled", "cancelled_by_customer")
        return payment.status

    def expire_link(self, payment: Payment) -> None:
        self.payment_becomes(payment, "expired", "payment_expired")
        if search := self.own_search(payment):
            self.abandon(search, "failed", "payment_expired")

    @command
    def expire_stale_payment_requests(self) -> list[int]:
        stale = [payment for payment in self.payments if payment.status == "pending" and payment.expires_at <= self.now]
        undelivered = [
            payment
            for payment in self.payments
            if payment.status == "confirmed" and payment.is_extension and not self.extension_of(payment)
            if payment.confirmed_at is not None and payment.confirmed_at + DELIVERY <= self.now
        ]
        self.settle_graces(*(payment.customer for payment in undelivered))
        for payment in stale:
            self.expire_link(payment)
        for payment in undelivered:
            self.payment_becomes(payment, "failed_delivery", "failed_delivery")
            self.failures.append(("failed_delivery", payment.session))
        return [len(stale), len(undelivered), 0]

    @command
    def receive_webhook(
        self, key: str, event: str, payment: Payment, says: str, paid_at: int, answer: str | None
    ) -> str:
        """What became of it; it `says` that the right or wrong money came, the provider's `answer` may be unpaid."""
        is_repeat, is_open = key in self.receipts, self.receipts.get(key) in (None, "unverified", "not_paid")
        if not is_open or (is_repeat and answer is None):
            return f"{self.receipts[key]} again"
        if payment.provider == "xendit":
            self.settle_graces(payment.customer)
            outcome = self.hear(event, payment, says, paid_at, answer)
        else:
            outcome = "unknown_reference"
        self.receipts[key] = outcome
        return f"{outcome} again" if is_repeat else outcome

    def hear(self, event: str, payment: Payment, says: str, paid_at: int, answer: str | None) -> str:
        if event == "payment.failure":
            return "noted"
        if event == "payment_session.expired" and payment.status == "pending":
            self.expire_link(payment)
            return "expired"
        if event == "payment_session.expired":
            return "unchanged"
        if says == "wrong":
            return "mismatch"
        if payment.confirmed_at is not None:
            return "unchanged"
        if answer != "right":
            return {None: "unverified", "unpaid": "not_paid"}.get(answer, "mismatch")
        self.money_arrives(payment, max(payment.created_at, min(self.now, paid_at)))
        return "confirmed"
