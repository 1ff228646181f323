"""The model: all chapters of the rules, and what happens when a deadline has come."""

from collections.abc import Iterator

from tests.proof.rules.availability import command
from tests.proof.rules.everything import FINAL, SETTLE_GRACE
from tests.proof.rules.payouts import Payouts


class Model(Payouts):
    """Everything there is, and the commands."""

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
            if session.reply and session.reply.due_at is not None:
                yield session.reply.due_at, "first_reply"
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
                is_offered = any(o.session is session and o.round == session.round for o in self.offers)
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

    def run_first_reply(self) -> None:
        """Mitras of scenes never write."""
        for session in self.sessions:
            reply = session.reply
            if reply is None or reply.due_at is None or reply.due_at > self.now:
                continue
            over_at = reply.began_at + reply.within
            reply.is_reminded, reply.is_overdue = True, over_at <= self.now
            if reply.is_overdue and over_at <= session.expires_at and self.session_status(session) not in FINAL:
                self.failures.append(("first_reply_overdue", session))
                self.tell(session.customer, "first_reply_overdue")
            elif session.expires_at > self.now and not reply.is_overdue:
                self.tell(session.mitra, "first_reply_reminder")

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
