"""What the parties of a session may do about each other in a scene, and about a mitra who never writes."""

from typing import LiteralString

from hypothesis import strategies as st

from tests.proof.model import Model
from tests.proof.scene_machine import SceneMachine, plays, rarely
from tests.proof.things import Mitra, PartyReport, Session

parties = st.sampled_from(["customer", "customer", "mitra"])


class PartyMachine(SceneMachine):
    """Blocks, reports, and sessions without a word of their mitra."""

    def party(self, session: Session, by: str, by_stranger: bool) -> str | Mitra:
        mitra = self.other(self.model.mitras, session.mitra or self.model.mitras[0], by_stranger)
        return self.whose(session, by_stranger) if by == "customer" else mitra

    @plays(2, "sessions", lambda session: session.mitra or session.excluded, by=parties, by_stranger=rarely)
    def block_other_party(self, session: Session, by: str, by_stranger: bool) -> None:
        query: LiteralString = "SELECT to_jsonb(api.block_other_party(%s, %s, %s) IS NOT NULL)"
        self.do(Model.block_other_party, query, session, by, self.party(session, by, by_stranger))

    @plays(1, "sessions", lambda session: session.mitra or session.excluded, by=parties, by_stranger=rarely)
    def unblock_other_party(self, session: Session, by: str, by_stranger: bool) -> None:
        query: LiteralString = "SELECT NULL::jsonb FROM api.unblock_other_party(%s, %s, %s)"
        self.do(Model.unblock_other_party, query, session, by, self.party(session, by, by_stranger))

    @plays(3, "sessions", lambda session: session.mitra or session.excluded, by=parties, by_stranger=rarely)
    def report_other_party(self, session: Session, by: str, by_stranger: bool) -> None:
        query: LiteralString = "SELECT to_jsonb(api.report_other_party(%s, %s, %s, 'rude') IS NOT NULL)"
        self.do(Model.report_other_party, query, session, by, self.party(session, by, by_stranger))

    @plays(1, "reports", lambda report: report.status == "open", outcome=st.sampled_from(["upheld", "dismissed"]))
    def decide_report(self, report: PartyReport, outcome: str) -> None:
        self.do(Model.decide_report, "SELECT api.decide_report(%s, %s) -> 'status'", report, outcome)

    @plays(3, "sessions", lambda session: session.reply is not None)
    def end_for_want_of_a_reply(self, session: Session) -> None:
        query: LiteralString = "SELECT api.end_session(%s, %s, %s, %s) -> 'status'"
        self.do(Model.end_session, query, session, "customer", session.customer, True)

    @plays(2, "sessions", lambda session: session.reply is not None, by_stranger=rarely)
    def ask_for_another_mitra(self, session: Session, by_stranger: bool) -> None:
        query: LiteralString = "SELECT api.ask_for_another_mitra(%s, %s) -> 'status'"
        self.do(Model.ask_for_another_mitra, query, session, self.whose(session, by_stranger))
