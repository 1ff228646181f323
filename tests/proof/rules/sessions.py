"""The life of a session, from its search to its end."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import FINAL, GRACE, HOLDS_A_SLOT, ROUND, SEARCHES, WARNINGS, RefusedError
from tests.proof.rules.money import Money
from tests.proof.things import MINUTE, SECOND, Mitra, Offer, Payment, Reply, Session


class Sessions(Money):
    """Searches, clocks, and ends."""

    def session_status(self, session: Session) -> str:
        """As if what is due were settled already."""
        if session.status == "active" and session.expires_at <= self.now:
            return "closing"
        if session.status == "closing" and session.closing_ends_at <= self.now:
            return "completed"
        return session.status

    def shown_status(self, session: Session) -> str | None:
        return None if session.status in FINAL else self.session_status(session)

    def open_session(self, customer: str) -> Session | None:
        return next((s for s in self.sessions if s.customer == customer and self.session_status(s) not in FINAL), None)

    @property
    def free_customers(self) -> list[str]:
        return [customer for customer in self.customers if self.open_session(customer) is None]

    def search(self, payment: Payment) -> None:
        payment.session = Session(payment.customer, payment.minutes, self.now + ROUND)
        self.sessions.append(payment.session)

    def own_search(self, payment: Payment) -> Session | None:
        own = None if payment.is_extension else payment.session
        return own if own and own.status in SEARCHES else None

    def time_left(self, session: Session) -> int:
        if session.status in SEARCHES:
            return session.remaining or 0
        end = {"active": self.now, "extending": session.paused_at}.get(session.status, session.expires_at)
        return max(0, session.expires_at - end)

    def start(self, session: Session) -> None:
        left = session.minutes * MINUTE if session.remaining is None else session.remaining
        session.remaining, session.has_started = None, True
        if session.share is None:
            session.share = self.rules["mitra_share_percent"]
        self.run_clock(session, self.now + left)
        within = self.rules["first_reply_seconds"] * SECOND
        session.reply = Reply(self.now, within) if within else None
        self.tell_both(session, "session_started")

    def earned(self, session: Session) -> int:
        """What all its mitras earned by a session that is over: their share of what it keeps, rounded up."""
        if session.status not in FINAL or session.share is None:
            return 0
        kept = sum(payment.kept for payment in self.payments if payment.session is session)
        return -(-kept * session.share // 100)

    def run_clock(self, session: Session, expires_at: int) -> None:
        session.status, session.expires_at = "active", expires_at
        if session.reply and session.reply.stopped_at is not None:
            session.reply.began_at += self.now - session.reply.stopped_at
            session.reply.stopped_at = None
        session.warnings = [expires_at - before for before in WARNINGS if expires_at - before > self.now]

    def close(self, session: Session, cause: str) -> None:
        self.leave_unused(session)
        self.stop_waiting(session)
        self.served.add((session.customer, session.mitra))
        session.status, session.expires_at, session.warnings = "closing", self.now, []
        session.closing_ends_at, session.cause = self.now + GRACE, cause
        self.tell_both(session, "session_closing")

    def stop_waiting(self, session: Session) -> None:
        if session.reply and session.reply.stopped_at is None:
            session.reply.stopped_at = min(self.now, session.expires_at)

    def unanswered_wait(self, session: Session) -> int | None:
        """The time since the start with a mitra whose first reply is overdue."""
        if session.reply is None:
            return None
        until = session.reply.stopped_at or min(self.now, session.expires_at)
        waited = until - session.reply.began_at
        return waited if waited >= session.reply.within else None

    def leave_unused(self, session: Session, wait: int = 0) -> None:
        """What is left of the clock, in whole seconds, beside what was left before an extension was refused."""
        session.unused += (self.time_left(session) + wait) // SECOND * SECOND

    def complete(self, session: Session, cause: str | None, wait: int = 0) -> None:
        self.leave_unused(session, wait)
        if session.status != "closing":
            self.served.add((session.customer, session.mitra))
        session.status, session.cause, session.warnings, session.reply = "completed", cause, [], None
        self.tell_both(session, "session_ended")

    def settle_graces(self, *of: str | Session | None) -> None:
        for session in self.sessions:
            is_over = session.status == "closing" and self.session_status(session) == "completed"
            if is_over and (session in of or session.customer in of):
                self.complete(session, session.cause)

    def settle(self, session: Session) -> None:
        """A call that judged the session as settled writes it, and tells so."""
        if session.status == "active" and self.session_status(session) == "closing":
            self.close(session, "expired")
        self.settle_graces(session)

    def settle_offer(self, offer: Offer, status: str) -> None:
        offer.status = status
        if status in ("expired", "rescinded", "cancelled"):
            self.tell(offer.mitra, f"offer_{status}")
        if offer.session.status == "pending_acceptance" and not self.live_offers(offer.session):
            offer.session.status = "searching"

    def abandon(self, session: Session, status: str, cause: str | None) -> None:
        """A search comes to nothing: its offers, links and money too."""
        if status == "failed" and cause != "payment_expired":
            self.failures.append((cause, session))
        self.leave_unused(session)
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
    def end_session(self, session: Session, user_type: str, user: str | Mitra | None, no_reply: bool = False) -> str:
        if user_type != "cc" and user != (session.customer if user_type == "customer" else session.mitra):
            raise RefusedError("NOT_FOUND")
        if isinstance(user, Mitra):
            self.require_active(user)
        if no_reply and user_type != "customer":
            raise RefusedError("FORBIDDEN")
        if session.status in SEARCHES:
            raise RefusedError("INVALID_STATE")
        wait = self.unanswered_wait(session)
        if no_reply and wait is None and self.session_status(session) not in FINAL:
            raise RefusedError("INVALID_STATE")
        self.settle_graces(session)
        if session.status not in FINAL and no_reply:
            self.cancel_extension(session)
            self.complete(session, "no_first_reply", wait or 0)
            self.owe_unanswered(session)
        elif session.status not in FINAL:
            self.cancel_extension(session)
            self.complete(session, f"ended_by_{user_type}")
        return session.status

    def owe_unanswered(self, session: Session) -> None:
        """All of it, and the first price is free again; when another mitra served a part, what is left."""
        own = [payment for payment in self.payments if payment.session is session and payment.status == "consumed"]
        if session.was_served_before:
            self.owe_what_is_left(session, sorted(own, key=lambda payment: -payment.consumed_at))
        for payment in own:
            payment.is_discount = False
            if payment.kept and not session.was_served_before:
                payment.due += payment.kept
                payment.refund_status = "requested" if payment.refund_status == "requested" else "due"
                self.tell(payment.customer, "payment_updated")

    @command
    def ask_for_another_mitra(self, session: Session, customer: str) -> str:
        if session.customer != customer:
            raise RefusedError("NOT_FOUND")
        runs = self.session_status(session) in ("active", "extending")
        wait = self.unanswered_wait(session) if runs else None
        if wait is None:
            raise RefusedError("INVALID_STATE")
        clock = session.paused_at if session.status == "extending" else self.now
        session.expires_at = max(session.expires_at, clock) + wait
        self.transactions.append(("credit", None, 0))
        self.reroute(session)
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
            self.served.add((session.customer, session.mitra))
        self.tell(session.customer, "session_rerouted")
        self.tell(session.mitra, "session_ended")
        session.excluded.append(session.mitra)
        session.lost_by += [session.mitra] * session.has_started
        session.was_served_before, session.reply, session.unused = session.has_started, None, 0
        session.status, session.mitra, session.warnings = "searching", None, []
        session.round, session.pairing_deadline_at = session.round + 1, self.now + ROUND
