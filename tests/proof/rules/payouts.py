"""What mitras earned, session by session, and what is paid out of it."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import RefusedError
from tests.proof.rules.reports import Reports
from tests.proof.things import SECOND, Earning, Mitra, Payout, Session


class Payouts(Reports):
    """Earnings as they are written, periods, and payouts of two users."""

    def recount(self) -> None:
        """What all mitras of a session have by it changed: that is written down, at this moment."""
        super().recount()
        for session in self.sessions:
            earned = self.earned(session)
            if earned != session.noted:
                self.earnings.append(Earning(session, self.now, session.noted, earned))
                session.noted = earned

    def learn(self, served: dict[str, dict[str, int]]) -> None:
        """How many seconds each mitra served in each session, as the clock of the database says."""
        by_name = {mitra.name: mitra for mitra in self.mitras}
        for nth, session in enumerate(self.sessions, 1):
            session.seconds = {by_name[mitra]: n for mitra, n in served.get(f"session {nth}", {}).items()}

    def part(self, session: Session, mitra: Mitra, earned: int) -> int:
        """A mitra's part, by the seconds that each served; the last one takes the rounding."""
        last = session.mitra or session.excluded[-1]
        if mitra is last:
            return earned - sum(self.part(session, other, earned) for other in session.seconds if other is not last)
        return earned * session.seconds.get(mitra, 0) // (sum(session.seconds.values()) or 1)

    def amount(self, earning: Earning, mitra: Mitra) -> int:
        """What a mitra has more, or less, by it."""
        if not (earning.session.mitra or earning.session.excluded):
            return 0
        return self.part(earning.session, mitra, earning.after) - self.part(earning.session, mitra, earning.before)

    def paid_out(self, mitra: Mitra) -> int:
        return sum(payout.amount for payout in self.payouts if payout.mitra is mitra and payout.status == "paid")

    def owed(self, mitra: Mitra) -> int:
        return sum(self.amount(earning, mitra) for earning in self.earnings) - self.paid_out(mitra)

    @command
    def close_payout_period(self, seconds_ago: int | None, user: str | None) -> int:
        """Until so many seconds ago, or the last period again: the rupiah of its payouts."""
        if seconds_ago is None and not self.periods:
            raise RefusedError("VALIDATION_ERROR")
        until = max(self.periods) if seconds_ago is None else self.now - seconds_ago * SECOND
        if until not in self.periods:
            self.periods.append(until)
            for mitra in self.mitras:
                self.gather(mitra, until, user)
        return sum(payout.amount for payout in self.payouts if payout.until == until)

    def gather(self, mitra: Mitra, until: int, user: str | None) -> None:
        in_none = [each for each in self.earnings if each.at < until and mitra not in each.payouts]
        owed = sum(self.amount(earning, mitra) for earning in in_none)
        if owed > 0:
            self.payouts.append(Payout(mitra, until, owed, user))
            for earning in in_none:
                earning.payouts[mitra] = self.payouts[-1]

    @command
    def mark_payout_paid(self, payout: Payout, user: str | None) -> str:
        if payout.status == "paid" and payout.payer == user:
            return payout.status
        if payout.status != "open":
            raise RefusedError("INVALID_STATE")
        self.require_second_user(payout.actor, user)
        payout.status, payout.payer = "paid", user
        return payout.status

    @command
    def mark_payout_failed(self, payout: Payout, user: str | None) -> str:
        """What was in it is in no payout again."""
        if payout.status == "paid":
            self.require_second_user(payout.payer, user)
        payout.status = "failed"
        for earning in self.earnings:
            if earning.payouts.get(payout.mitra) is payout:
                del earning.payouts[payout.mitra]
        return payout.status

    def require_second_user(self, first: str | None, second: str | None) -> None:
        if first is None or second is None or first == second:
            raise RefusedError("SECOND_USER_REQUIRED")

    @command
    def hold_payout(self, payout: Payout) -> str:
        if payout.status not in ("open", "held"):
            raise RefusedError("INVALID_STATE")
        payout.status = "held"
        return payout.status

    @command
    def release_payout(self, payout: Payout, user: str | None) -> str:
        """Who releases a held payout, or one that nobody answers for, answers for it."""
        if payout.status not in ("open", "held"):
            raise RefusedError("INVALID_STATE")
        if user is not None and (payout.status == "held" or payout.actor is None):
            payout.actor = user
        payout.status = "open"
        return payout.status
