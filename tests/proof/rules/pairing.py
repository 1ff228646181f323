"""Offers: who gets one, and who accepts."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import OFFER, RefusedError
from tests.proof.rules.refunds import Refunds
from tests.proof.things import Mitra, Offer, Session


class Pairing(Refunds):
    """Waves, and the answers to them."""

    def barred(self, session: Session) -> list[Mitra]:
        offered = [o.mitra for o in self.offers if o.session is session and o.round == session.round]
        return session.excluded + self.blocked(session.customer) + offered

    def unoffered_sessions(self) -> list[tuple[Session, list[Mitra]]]:
        unoffered = (s for s in self.sessions if s.status == "searching" and s.pairing_deadline_at > self.now)
        oldest_first = sorted(unoffered, key=lambda session: session.pairing_deadline_at)
        return [(session, self.barred(session)) for session in oldest_first]

    def choice(self, session: Session) -> list[Mitra]:
        """Who is offered to when no candidates are given: the least loaded, then the longest idle."""
        free = [mitra for mitra in self.mitras if self.is_available(mitra) and mitra not in self.barred(session)]
        return sorted(free, key=lambda mitra: (self.capacity(mitra), max(mitra.idle_since, mitra.online_at)))

    def preferred(self, session: Session) -> list[Mitra]:
        """Whom the customer wants again, as long as nobody was asked."""
        is_first = session.round == 1 and not any(offer.session is session for offer in self.offers)
        own = next(payment for payment in self.payments if payment.session is session and not payment.is_extension)
        mitra = own.preferred
        return [mitra] if mitra and is_first and self.is_available(mitra) and mitra not in self.barred(session) else []

    @command
    def blast(self, session: Session, candidates: list[Mitra] | None) -> list[str]:
        if session not in (unoffered for unoffered, _ in self.unoffered_sessions()):
            return []
        wanted = self.choice(session) if candidates is None else candidates
        wanted = self.preferred(session) or wanted
        fit = [mitra for mitra in wanted if self.could_take_one(mitra) and mitra not in self.barred(session)]
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

    def require_open(self, offer: Offer) -> None:
        if offer.status == "rescinded":
            raise RefusedError("OFFER_TAKEN")
        if offer.status == "expired" or (offer.status == "offered" and offer.expires_at <= self.now):
            raise RefusedError("OFFER_EXPIRED")
        if offer.status != "offered":
            raise RefusedError("OFFER_GONE")

    @command
    def accept_offer(self, offer: Offer, mitra: Mitra) -> str:
        session = offer.session
        if offer.mitra is not mitra:
            raise RefusedError("NOT_FOUND")
        if offer.status == "accepted":
            if session.mitra is mitra and session.round == offer.round:
                return self.session_status(session)
            raise RefusedError("OFFER_GONE")
        self.require_open(offer)
        self.require_active(mitra)
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
        self.require_active(mitra)
        if offer.mitra is not mitra:
            raise RefusedError("NOT_FOUND")
        if offer.status in ("rescinded", "expired", "cancelled"):
            self.require_open(offer)
        if offer.status == "accepted":
            raise RefusedError("INVALID_STATE")
        if offer.status != "declined":
            self.require_open(offer)
            mitra.missed_offers, mitra.sign_at = 0, self.now
            self.settle_offer(offer, "declined")
        return offer.status
