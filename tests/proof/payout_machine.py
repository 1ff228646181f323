"""What operators do in a scene about what mitras earned."""

from typing import LiteralString

from hypothesis import strategies as st

from tests.proof.model import Model
from tests.proof.party_machine import PartyMachine
from tests.proof.scene_machine import plays, users
from tests.proof.things import Payout


def is_to_be_paid(payout: Payout) -> bool:
    return payout.status in ("open", "held")


class PayoutMachine(PartyMachine):
    """Periods that are closed, and payouts."""

    @plays(4, seconds_ago=st.sampled_from([0, 0, 0, 15, 45, None]), user=users)
    def close_payout_period(self, seconds_ago: int | None, user: str | None) -> None:
        """Earnings are of whole half minutes, so a period ends between them; or it is the last period again."""
        query: LiteralString = """
            SELECT api.close_payout_period(coalesce(
                    clock_timestamp() - make_interval(secs => %s), (SELECT max(until) FROM core.payout_periods)),
                %s) -> 'amount'
        """
        self.do(Model.close_payout_period, query, seconds_ago, user)

    @plays(5, "payouts", is_to_be_paid, user=users)
    def mark_payout_paid(self, payout: Payout, user: str | None) -> None:
        self.do(Model.mark_payout_paid, "SELECT api.mark_payout_paid(%s, 'F-1', %s) -> 'status'", payout, user)

    @plays(3, "payouts", lambda payout: payout.status != "failed", user=users)
    def mark_payout_failed(self, payout: Payout, user: str | None) -> None:
        self.do(Model.mark_payout_failed, "SELECT api.mark_payout_failed(%s, 'why', %s) -> 'status'", payout, user)

    @plays(1, "payouts", is_to_be_paid)
    def hold_payout(self, payout: Payout) -> None:
        self.do(Model.hold_payout, "SELECT api.hold_payout(%s, 'why') -> 'status'", payout)

    @plays(2, "payouts", is_to_be_paid, user=users)
    def release_payout(self, payout: Payout, user: str | None) -> None:
        self.do(Model.release_payout, "SELECT api.release_payout(%s, %s) -> 'status'", payout, user)
