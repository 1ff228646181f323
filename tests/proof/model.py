"""The rules, small: what each command answers and what it leaves behind.

Written from the rules for people, not from the SQL, and grouped as they are. Time is a scene's own, in milliseconds;
every command takes one, so that of two stamps the earlier is the smaller. A refused command changes nothing else.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from tests.proof.things import MINUTE, SECOND, Extension, Mitra, Offer, Package, Payment, Refund, Session, Withdrawal

SEARCHES = ("searching", "pending_acceptance", "pending_payment")
HOLDS_A_SLOT = ("active", "pending_payment", "extending")
FINAL = ("completed", "cancelled", "failed")

RULES: dict[str, Any] = {
    "mitra_max_sessions": 3,
    "missed_offers_before_offline": 3,
    "deactivation_session_policy": "finish",
    "late_payment_policy": "revive",
    "pairing_before_payment": False,
    "blast_size": 10,
    "extension_default_action_on_timeout": "auto_approve",
}
STALE, STALE_IN_POSTGRESQL = 90 * SECOND, 150 * SECOND
LINK, REVIVE, DELIVERY = 900 * SECOND, 600 * SECOND, 300 * SECOND
ROUND, OFFER = 120 * SECOND, 60 * SECOND
WARNINGS, GRACE = (180 * SECOND, 60 * SECOND), 60 * SECOND
ANSWER, SETTLE_GRACE = 60 * SECOND, 30 * SECOND


class RefusedError(Exception):
    """A command that is refused, with its code."""


P = ParamSpec("P")
T = TypeVar("T")


def command(rule: "Callable[Concatenate[Model, P], T]") -> "Callable[Concatenate[Model, P], T]":
    """One transaction: it takes its moment, and whoever's slots it changed is counted anew."""

    @wraps(rule)
    def run(self: "Model", /, *args: P.args, **kwargs: P.kwargs) -> T:
        self.now += 1
        self.told.clear()
        answer = rule(self, *args, **kwargs)
        self.recount()
        return answer

    return run


class Model:
    """Everything there is, and the commands."""

    def __init__(self) -> None:
        self.now = 0
        self.rules = dict(RULES)
        self.mitras = [Mitra(f"mitra {nth}") for nth in (1, 2, 3)]
        self.customers = [f"customer {nth}" for nth in (1, 2, 3)]
        self.packages = [
            Package("first", 2, 10001, 4003),
            Package("plain", 15, 20001),
            Package("more", 5, 7001, is_extension=True),
        ]
        self.sessions: list[Session] = []
        self.payments: list[Payment] = []
        self.refunds: list[Refund] = []
        self.receipts: dict[str, str] = {}
        self.offers: list[Offer] = []
        self.extensions: list[Extension] = []
        self.withdrawals: list[Withdrawal] = []
        self.failures: list[tuple[str | None, Session | None]] = []
        self.transactions: list[tuple[str, Payment, int]] = []
        self.told: Counter[tuple[str, str]] = Counter()

    def tell(self, who: str | Mitra | None, what: str) -> None:
        if who is not None:
            self.told[who.name if isinstance(who, Mitra) else who, what] += 1

    def tell_both(self, session: Session, what: str) -> None:
        self.tell(session.customer, what)
        self.tell(session.mitra, what)

    def time_passes(self, seconds: int) -> None:
        self.now += seconds * SECOND

    @command
    def set_config(self, key: str, value: object) -> None:
        self.rules[key] = value
        if key == "mitra_max_sessions":
            for mitra in filter(self.is_full, self.mitras):
                self.withdraw(mitra, is_full=True)

    # Availability

    def capacity(self, mitra: Mitra) -> int:
        return sum(session.mitra is mitra and session.status in HOLDS_A_SLOT for session in self.sessions)

    def is_full(self, mitra: Mitra) -> bool:
        maximum: int = self.rules["mitra_max_sessions"]
        return self.capacity(mitra) >= maximum

    def is_available(self, mitra: Mitra, stale: int = STALE_IN_POSTGRESQL) -> bool:
        return mitra.is_online and mitra.is_active and not self.is_full(mitra) and mitra.beat_at > self.now - stale

    def live_offers(self, of: Session | Mitra | None = None) -> list[Offer]:
        live = (offer for offer in self.offers if offer.status == "offered")
        return [offer for offer in live if of is None or of in (offer.session, offer.mitra)]

    def require_active(self, mitra: Mitra) -> None:
        if not mitra.is_active:
            raise RefusedError("MITRA_DEACTIVATED")

    def withdraw(self, mitra: Mitra, *, is_full: bool = False) -> None:
        if self.live_offers(mitra):
            self.withdrawals.append(Withdrawal(mitra, is_full, self.now))

    def recount(self) -> None:
        """Slots are counted, never added up; whoever is full then loses the open offers."""
        for mitra in self.mitras:
            counted = (mitra.is_active, mitra.is_online, self.capacity(mitra))
            if counted != mitra.counted:
                if counted[2] < mitra.counted[2]:
                    mitra.idle_since = self.now
                mitra.counted = counted
                if self.is_full(mitra):
                    self.withdraw(mitra, is_full=True)

    def set_offline(self, mitra: Mitra) -> None:
        if mitra.is_online:
            mitra.is_online, mitra.missed_offers = False, 0
            self.tell(mitra, "status_changed")
            self.withdraw(mitra)

    @command
    def go_online(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        if not mitra.is_online:
            mitra.is_online, mitra.missed_offers = True, 0
            mitra.online_at = mitra.beat_at = mitra.sign_at = self.now
            self.tell(mitra, "status_changed")
        elif mitra.beat_at <= self.now - STALE:
            mitra.beat_at = self.now
        return True

    @command
    def go_offline(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        self.set_offline(mitra)
        return False

    @command
    def record_heartbeat(self, mitra: Mitra) -> bool:
        self.require_active(mitra)
        if not mitra.is_online:
            raise RefusedError("NOT_ONLINE")
        mitra.beat_at = self.now
        return True

    @command
    def auto_offline(self) -> int:
        stale = [mitra for mitra in self.mitras if mitra.is_online and mitra.beat_at <= self.now - STALE]
        for mitra in stale:
            self.set_offline(mitra)
        return len(stale)

    @command
    def deactivate_mitra(self, mitra: Mitra) -> bool:
        if mitra.is_active:
            mitra.is_active = False
            self.set_offline(mitra)
            self.withdraw(mitra)
            if self.rules["deactivation_session_policy"] == "reroute" and self.capacity(mitra):
                mitra.reroute_at = mitra.reroute_at or self.now
        return False

    @command
    def activate_mitra(self, mitra: Mitra) -> bool:
        mitra.is_active = True
        return True

    # Payment requests

    def session_status(self, session: Session) -> str:
        """As if what is due were settled already."""
        if session.status == "active" and session.expires_at <= self.now:
            return "closing"
        if session.status == "closing" and session.closing_ends_at <= self.now:
            return "completed"
        return session.status

    def open_session(self, customer: str) -> Session | None:
        return next((s for s in self.sessions if s.customer == customer and self.session_status(s) not in FINAL), None)

    @property
    def free_customers(self) -> list[str]:
        return [customer for customer in self.customers if self.open_session(customer) is None]

    def has_paid(self, customer: str, *, at_the_discount: bool = False) -> bool:
        return any(
            payment.is_discount or not at_the_discount
            for payment in self.payments
            if payment.customer == customer and not payment.is_extension and payment.status in ("confirmed", "consumed")
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

    def search(self, payment: Payment) -> None:
        payment.session = Session(payment.customer, payment.minutes, self.now + ROUND)
        self.sessions.append(payment.session)

    def own_search(self, payment: Payment) -> Session | None:
        own = None if payment.is_extension else payment.session
        return own if own and own.status in SEARCHES else None

    def settle_graces(self, *of: str | Session | None) -> None:
        for session in self.sessions:
            is_over = session.status == "closing" and self.session_status(session) == "completed"
            if is_over and (session in of or session.customer in of):
                self.complete(session, session.cause)

    @command
    def create_payment_request(
        self, customer: str, package: Package, session: Session | None, beacon: bool | None, provider: str
    ) -> str:
        price = package.price
        if package.is_extension:
            if session is None or session.customer != customer:
                raise RefusedError("NOT_FOUND")
            if self.session_status(session) not in ("active", "extending", "closing"):
                raise RefusedError("SESSION_NOT_ACTIVE")
        else:
            if self.open_session(customer):
                raise RefusedError("SESSION_ALREADY_OPEN")
            stale = STALE_IN_POSTGRESQL if beacon is None else STALE
            if not beacon and not any(self.is_available(mitra, stale) for mitra in self.mitras):
                raise RefusedError("NO_MITRA_AVAILABLE")
            if package.first_session_price and not self.has_paid(customer):
                price = package.first_session_price
        self.settle_graces(customer)
        payment = Payment(customer, package, provider, price, self.now, self.now + LINK, session, price < package.price)
        self.payments.append(payment)
        if provider == "manual":
            self.link_is_made(payment)
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
        self.settle_graces(*(p.session for p in stale), *(p.customer for p in undelivered))
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

    # Refunds

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

    # Chat sessions

    def shown_status(self, session: Session) -> str | None:
        return None if session.status in FINAL else self.session_status(session)

    def time_left(self, session: Session) -> int:
        if session.status in SEARCHES:
            return session.remaining or 0
        end = {"active": self.now, "extending": session.paused_at}.get(session.status, session.expires_at)
        return max(0, session.expires_at - end)

    def start(self, session: Session) -> None:
        left = session.minutes * MINUTE if session.remaining is None else session.remaining
        session.remaining = None
        self.run_clock(session, self.now + left)
        self.tell_both(session, "session_started")

    def run_clock(self, session: Session, expires_at: int) -> None:
        session.status, session.expires_at = "active", expires_at
        session.warnings = [expires_at - before for before in WARNINGS if expires_at - before > self.now]

    def close(self, session: Session, cause: str) -> None:
        session.unused = self.time_left(session)
        session.status, session.expires_at, session.warnings = "closing", self.now, []
        session.closing_ends_at, session.cause = self.now + GRACE, cause
        self.tell_both(session, "session_closing")

    def complete(self, session: Session, cause: str | None) -> None:
        if session.status != "closing":
            session.unused = self.time_left(session)
        session.status, session.cause, session.warnings = "completed", cause, []
        self.tell_both(session, "session_ended")

    def abandon(self, session: Session, status: str, cause: str | None) -> None:
        """A search comes to nothing: its offers, links and money too."""
        if status == "failed" and cause != "payment_expired":
            self.failures.append((cause, session))
        session.unused = self.time_left(session)
        session.status, session.cause = status, cause
        self.tell(session.customer, "pairing_failed" if status == "failed" else "session_ended")
        self.tell(session.mitra, "session_ended")
        for offer in self.live_offers(session):
            self.settle_offer(offer, "cancelled")
        own = [payment for payment in self.payments if payment.session is session]
        for payment in own:
            if payment.status in ("pending", "confirmed"):
                self.payment_becomes(payment, "cancelled" if payment.status == "pending" else "failed", cause)
        self.owe_what_is_left(session, sorted(own, key=lambda payment: -payment.consumed_at))

    def owe_what_is_left(self, session: Session, newest_first: list[Payment]) -> None:
        consumed = [payment for payment in newest_first if payment.status == "consumed"]
        paid, bought = sum(payment.amount for payment in consumed), sum(60 * payment.minutes for payment in consumed)
        debt = paid * (session.unused // SECOND) // bought if bought else 0
        for payment in consumed:
            owed = min(debt, payment.kept)
            debt -= owed
            if owed:
                payment.due += owed
                payment.refund_status = "requested" if payment.refund_status == "requested" else "due"
                self.tell(payment.customer, "payment_updated")

    @command
    def cancel_session(self, session: Session, customer: str) -> str:
        if session.customer != customer:
            raise RefusedError("NOT_FOUND")
        if session.status not in SEARCHES:
            raise RefusedError("INVALID_STATE")
        self.abandon(session, "cancelled", "cancelled_by_customer")
        return session.status

    @command
    def end_session(self, session: Session, user_type: str, user: str | Mitra | None) -> str:
        if user_type != "cc" and user != (session.customer if user_type == "customer" else session.mitra):
            raise RefusedError("NOT_FOUND")
        if isinstance(user, Mitra):
            self.require_active(user)
        if session.status in SEARCHES:
            raise RefusedError("INVALID_STATE")
        self.settle_graces(session)
        if session.status not in FINAL:
            self.cancel_extension(session)
            self.complete(session, f"ended_by_{user_type}")
        return session.status

    @command
    def reroute_session(self, session: Session) -> str:
        if not self.may_reroute(session):
            raise RefusedError("INVALID_STATE")
        self.reroute(session)
        return session.status

    def may_reroute(self, session: Session) -> bool:
        has_begun = session.status != "pending_payment" or session.remaining is not None
        return self.session_status(session) in HOLDS_A_SLOT and (not has_begun or self.time_left(session) >= SECOND)

    def reroute(self, session: Session) -> None:
        """Another mitra is looked for: what is left is kept, this one excluded, and a new round begins."""
        assert session.mitra is not None
        self.cancel_extension(session)
        if session.status != "pending_payment":
            session.remaining = self.time_left(session)
        self.tell(session.customer, "session_rerouted")
        self.tell(session.mitra, "session_ended")
        session.excluded.append(session.mitra)
        session.status, session.mitra, session.warnings = "searching", None, []
        session.round, session.pairing_deadline_at = session.round + 1, self.now + ROUND

    # Pairing

    def tried(self, session: Session) -> list[Mitra]:
        return session.excluded + [o.mitra for o in self.offers if o.session is session and o.round == session.round]

    def waiting_sessions(self) -> list[tuple[Session, list[Mitra]]]:
        waiting = (s for s in self.sessions if s.status == "searching" and s.pairing_deadline_at > self.now)
        oldest_first = sorted(waiting, key=lambda session: session.pairing_deadline_at)
        return [(session, self.tried(session)) for session in oldest_first]

    def choice(self, session: Session) -> list[Mitra]:
        """Who is offered to when no candidates are given: the least loaded, then the longest idle."""
        free = [mitra for mitra in self.mitras if self.is_available(mitra) and mitra not in self.tried(session)]
        return sorted(free, key=lambda mitra: (self.capacity(mitra), max(mitra.idle_since, mitra.online_at)))

    @command
    def blast(self, session: Session, candidates: list[Mitra] | None) -> list[str]:
        if session not in (waiting for waiting, _ in self.waiting_sessions()):
            return []
        wanted = self.choice(session) if candidates is None else candidates
        fit = [
            m for m in wanted if m.is_active and m.is_online and not self.is_full(m) and m not in self.tried(session)
        ]
        chosen = fit[: self.rules["blast_size"]]
        for mitra in chosen:
            until = min(self.now + OFFER, session.pairing_deadline_at)
            self.offers.append(Offer(session, mitra, session.round, self.now, until))
            self.tell(mitra, "pairing_offer")
            session.status = "pending_acceptance"
        return sorted(mitra.name for mitra in chosen)

    @command
    def dispatch(self) -> None:
        """Whoever was told anything hears of it."""
        for offer in self.offers:
            offer.told_at = offer.told_at or self.now

    def settle_offer(self, offer: Offer, status: str) -> None:
        offer.status = status
        if status in ("expired", "rescinded", "cancelled"):
            self.tell(offer.mitra, f"offer_{status}")
        if offer.session.status == "pending_acceptance" and not self.live_offers(offer.session):
            offer.session.status = "searching"

    def require_open(self, offer: Offer, mitra: Mitra) -> None:
        if offer.status == "rescinded":
            raise RefusedError("OFFER_TAKEN")
        if offer.status == "expired" or (offer.status == "offered" and offer.expires_at <= self.now):
            raise RefusedError("OFFER_EXPIRED")
        if offer.status != "offered":
            raise RefusedError("OFFER_GONE")
        self.require_active(mitra)

    @command
    def accept_offer(self, offer: Offer, mitra: Mitra) -> str:
        session = offer.session
        if offer.mitra is not mitra:
            raise RefusedError("NOT_FOUND")
        if offer.status == "accepted":
            if session.mitra is mitra and session.round == offer.round:
                return self.session_status(session)
            raise RefusedError("OFFER_GONE")
        self.require_open(offer, mitra)
        if not mitra.is_online:
            raise RefusedError("NOT_ONLINE")
        if self.is_full(mitra):
            raise RefusedError("CAPACITY_FULL")
        mitra.missed_offers, mitra.sign_at = 0, self.now
        session.mitra, session.status, offer.status = mitra, "pending_payment", "accepted"
        for other in self.live_offers(session):
            self.settle_offer(other, "rescinded")
        payment = next(p for p in self.payments if p.session is session and not p.is_extension)
        if payment.status == "confirmed":
            self.keep(payment)
        if payment.status == "consumed":
            self.start(session)
        return session.status

    @command
    def decline_offer(self, offer: Offer, mitra: Mitra) -> str:
        if offer.mitra is not mitra:
            raise RefusedError("NOT_FOUND")
        if offer.status == "accepted":
            raise RefusedError("INVALID_STATE")
        if offer.status != "declined":
            self.require_open(offer, mitra)
            mitra.missed_offers, mitra.sign_at = 0, self.now
            self.settle_offer(offer, "declined")
        return offer.status

    # Extensions

    def extension_of(self, payment: Payment) -> Extension | None:
        return next((extension for extension in self.extensions if extension.payment is payment), None)

    def pending_extension(self, session: Session) -> Extension | None:
        return next((e for e in self.extensions if e.session is session and e.status == "pending"), None)

    def cancel_extension(self, session: Session) -> None:
        if extension := self.pending_extension(session):
            extension.status = "cancelled"
            self.payment_becomes(extension.payment, "failed", "session_ended")

    @command
    def request_extension(
        self, session: Session, customer: str, minutes: int, price: int, payment: Payment | None
    ) -> str:
        if payment is None:
            raise RefusedError("VALIDATION_ERROR")
        status = self.session_status(session)
        if session.customer != customer or status not in ("active", "closing"):
            raise RefusedError("SESSION_NOT_ACTIVE")
        if payment.customer != customer:
            raise RefusedError("FORBIDDEN")
        if payment.status != "confirmed" or not payment.is_extension or payment.session is not session:
            raise RefusedError("INVALID_STATE")
        if (minutes, price) != (payment.minutes, payment.amount):
            raise RefusedError("VALIDATION_ERROR")
        assert session.mitra is not None
        others = self.capacity(session.mitra) - (session.status == "active")
        if status == "closing" and others >= self.rules["mitra_max_sessions"]:
            raise RefusedError("CAPACITY_FULL")
        if session.status != status:
            session.expires_at = self.now
        session.status, session.paused_at, session.warnings = "extending", self.now, []
        self.extensions.append(Extension(session, payment, self.now + ANSWER))
        self.tell(session.mitra, "extension_request")
        self.tell(session.customer, "session_paused extension_pending")
        return "pending"

    def answer(self, extension: Extension, status: str, cause: str, said: str) -> str:
        session, extension.status = extension.session, status
        self.tell(session.customer, f"extension_response {said}")
        if status == "accepted":
            self.keep(extension.payment)
            self.run_clock(session, self.now + self.time_left(session) + extension.payment.minutes * MINUTE)
            session.minutes += extension.payment.minutes
            self.tell_both(session, "session_resumed")
        else:
            self.payment_becomes(extension.payment, "failed", cause)
            self.failures.append((cause, session))
            self.close(session, cause)
        return status

    @command
    def respond_to_extension(self, extension: Extension, session: Session, mitra: Mitra, accepted: bool) -> str:
        if session.mitra is not mitra:
            raise RefusedError("FORBIDDEN")
        self.require_active(mitra)
        if extension.session is not session or extension.status != "pending":
            raise RefusedError("EXTENSION_RESOLVED")
        if accepted:
            return self.answer(extension, "accepted", "", "true false")
        return self.answer(extension, "rejected", "extension_rejected", "false false")

    def answer_by_silence(self, extension: Extension, connected: bool) -> str:
        mitra = extension.session.mitra
        if self.rules["extension_default_action_on_timeout"] == "auto_reject":
            return self.answer(extension, "timeout", "extension_rejected", "false true timeout")
        if connected and mitra and mitra.is_active and mitra.is_online:
            return self.answer(extension, "accepted", "", "true true")
        return self.answer(extension, "timeout", "extension_safeguard_tripped", "false true safeguard")

    @command
    def settle_extension(self, extension: Extension, connected: bool) -> str:
        if extension.status == "pending" and extension.expires_at <= self.now:
            self.answer_by_silence(extension, connected)
        return extension.status

    # Deadlines

    def deadlines(self) -> Iterator[tuple[int, str]]:
        """Every deadline there is, and the kind of work it is."""
        yield from ((note.due_at, "withdrawal") for note in self.withdrawals)
        yield from ((mitra.reroute_at, "reroute") for mitra in self.mitras if mitra.reroute_at is not None)
        yield from ((offer.expires_at, "offer") for offer in self.live_offers())
        yield from ((offer.judged_from, "silence") for offer in self.offers if offer.judged_from is not None)
        yield from ((p.expires_at, "payment") for p in self.payments if p.status == "pending")
        yield from ((e.expires_at + SETTLE_GRACE, "extension") for e in self.extensions if e.status == "pending")
        for session in self.sessions:
            yield from ((due, "warning") for due in session.warnings)
            if session.status == "searching":
                yield session.pairing_deadline_at, "pairing"
            elif session.status == "active":
                yield session.expires_at, "expiry"
            elif session.status == "closing":
                yield session.closing_ends_at, "closure"

    @property
    def next_deadline_at(self) -> int | None:
        unanswered = (extension.expires_at for extension in self.extensions if extension.status == "pending")
        return min((*unanswered, *(due for due, _ in self.deadlines())), default=None)

    @command
    def run_due(self) -> list[str]:
        """Until nothing is due: the kinds of what was moved. The longest overdue comes first."""
        kinds = set()
        while due := [deadline for deadline in self.deadlines() if deadline[0] <= self.now]:
            kind = min(due)[1]
            getattr(self, f"run_{kind}")()
            kinds.add(kind)
            self.recount()
            self.now += 1
        return sorted(kinds)

    def run_withdrawal(self) -> None:
        for note in self.withdrawals:
            for offer in self.live_offers(note.mitra):
                if offer.offered_at <= note.due_at and (not note.is_full or self.is_full(note.mitra)):
                    self.settle_offer(offer, "cancelled")
        self.withdrawals.clear()

    def run_reroute(self) -> None:
        for mitra in self.mitras:
            if mitra.reroute_at is not None and not mitra.is_active:
                for session in self.sessions:
                    if session.mitra is mitra and self.may_reroute(session):
                        self.reroute(session)
            mitra.reroute_at = None

    def run_offer(self) -> None:
        silent = [offer for offer in self.live_offers() if offer.expires_at <= self.now]
        for offer in silent:
            self.settle_offer(offer, "expired")
            offer.judged_from = self.now

    def run_silence(self) -> None:
        """A mitra missed an offer if it was told in the first half, and gave no sign of life since it was sent."""
        judged = [offer for offer in self.offers if offer.judged_from is not None]
        for offer in judged:
            half = offer.offered_at + (offer.expires_at - offer.offered_at) // 2
            could_answer = offer.mitra.is_online and not self.is_full(offer.mitra)
            is_told = offer.told_at is not None and offer.told_at <= half
            offer.is_missed = could_answer and is_told and offer.mitra.sign_at < offer.offered_at
            offer.judged_from = None
        for mitra in {offer.mitra for offer in judged if offer.mitra.is_online}:
            own = (offer for offer in self.offers if offer.mitra is mitra)
            mitra.missed_offers = sum(offer.is_missed and offer.offered_at > mitra.sign_at for offer in own)
            if mitra.missed_offers >= self.rules["missed_offers_before_offline"]:
                self.set_offline(mitra)

    def run_pairing(self) -> None:
        for session in self.sessions:
            if session.status == "searching" and session.pairing_deadline_at <= self.now:
                is_offered = len(self.tried(session)) > len(session.excluded)
                self.abandon(session, "failed", "not_accepted" if is_offered else "no_mitra_available")

    def run_payment(self) -> None:
        for payment in self.payments:
            if payment.status == "pending" and payment.expires_at <= self.now:
                self.expire_link(payment)

    def run_warning(self) -> None:
        for session in self.sessions:
            for due in session.warnings:
                if due <= self.now < session.expires_at:
                    self.tell_both(session, "session_warning")
            session.warnings = [due for due in session.warnings if due > self.now]

    def run_expiry(self) -> None:
        for session in self.sessions:
            if session.status == "active" and session.expires_at <= self.now:
                self.close(session, "expired")

    def run_closure(self) -> None:
        self.settle_graces(*self.sessions)

    def run_extension(self) -> None:
        for extension in self.extensions:
            if extension.status == "pending" and extension.expires_at + SETTLE_GRACE <= self.now:
                self.answer_by_silence(extension, False)
