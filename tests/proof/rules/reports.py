"""What the parties of a session do about each other: blocks, and reports that operators decide."""

from tests.proof.rules.availability import command
from tests.proof.rules.everything import RefusedError
from tests.proof.rules.extensions import Extensions
from tests.proof.things import Mitra, PartyReport, Session


class Reports(Extensions):
    """Blocks and reports."""

    def party(self, session: Session, by: str, user: str | Mitra | None) -> Mitra:
        """The mitra of the two, when the user is one of them and may do something about the other."""
        if user not in ([session.customer] if by == "customer" else [session.mitra, *session.excluded]):
            raise RefusedError("NOT_FOUND")
        if isinstance(user, Mitra):
            self.require_active(user)
            return user
        met = session.mitra or (session.excluded[-1] if session.excluded else None)
        if met is None:
            raise RefusedError("INVALID_STATE")
        return met

    @command
    def block_other_party(self, session: Session, by: str, user: str | Mitra | None) -> bool:
        mitra = self.party(session, by, user)
        self.blocks.add((session.customer, mitra, by))
        search = self.open_session(session.customer)
        for offer in self.live_offers(mitra):
            if offer.session is search:
                self.settle_offer(offer, "cancelled")
        self.settle(session)
        return True

    @command
    def unblock_other_party(self, session: Session, by: str, user: str | Mitra | None) -> None:
        mitra = self.party(session, by, user)
        for met in [mitra, *session.excluded] if by == "customer" else [mitra]:
            self.blocks.discard((session.customer, met, by))

    @command
    def report_other_party(self, session: Session, by: str, user: str | Mitra | None) -> bool:
        mitra = self.party(session, by, user)
        if any((known.session, known.by, known.mitra) == (session, by, mitra) for known in self.reports):
            raise RefusedError("INVALID_STATE")
        had_started = session.has_started and mitra in (session.mitra, *session.lost_by)
        self.reports.append(PartyReport(session, mitra, by, had_started))
        self.reporters_changed(self.reports[-1])
        return True

    @command
    def decide_report(self, report: PartyReport, outcome: str) -> str:
        if report.status not in ("open", outcome):
            raise RefusedError("INVALID_STATE")
        if report.status == "open":
            report.status = outcome
            self.reporters_changed(report)
        return report.status

    def start(self, session: Session) -> None:
        super().start(session)
        for report in self.reports:
            if report.session is session and report.mitra is session.mitra and not report.had_started:
                report.had_started = True
                if report.status == "open":
                    self.reporters_changed(report)

    def reporters_changed(self, report: PartyReport) -> None:
        """The mitra is counted anew, and whoever is full then loses the live offers."""
        if report.by == "customer" and report.had_started and self.is_full(report.mitra):
            self.withdraw(report.mitra, is_full=True)
