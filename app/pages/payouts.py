"""Payouts: what is owed to which mitra, closing a period, and one payout with what may be done with it."""

from typing import Any, get_args
from uuid import UUID

from app.pages.screen import Content, Screen
from app.pages.visit import Act, Visit
from app.pages.words import N_
from app.resources.internal import payouts
from app.shapes.earnings import PayoutStatus

LATEST = 6
"""So many of the closed periods are shown."""


class PayoutsScreen(Screen):
    """GET and POST /payouts."""

    template = "payouts.html"
    has_filters = True
    section = "payouts"
    needs = payouts.PayoutList
    acts = {
        "close": Act(payouts.ClosePayoutPeriod, done=N_("The period is closed; its payouts stand below.")),
        "close_first": Act(
            payouts.ClosePayoutPeriod, done=N_("The period is closed, and its first payouts stand below.")
        ),
    }

    async def look(self, visit: Visit, **_path: Any) -> Content:
        """Ask for the payouts that the filters let through, for what is owed, and for the periods closed last."""
        return {
            "payouts": await visit.listed(payouts.PayoutList),
            "owed": await visit.tile(payouts.OwedEarningList, query={"limit": 200}),
            "periods": await visit.tile(payouts.PayoutPeriodList, query={"limit": LATEST}),
            "statuses": get_args(PayoutStatus),
            "may_update": visit.may(payouts.ClosePayoutPeriod, "post"),
        }

    async def done(self, visit: Visit, name: str, act: Act, reply: Any) -> None:
        """Say whether all payouts of the period are made."""
        await super().done(visit, name if reply["is_complete"] else "close_first", act, reply)


class PayoutScreen(Screen):
    """GET and POST /payouts/{payout_id}."""

    template = "payout.html"
    section = "payouts"
    acts = {
        "paid": Act(payouts.PayPayout, done=N_("The payout is paid; the mitra sees it.")),
        "failed": Act(payouts.FailPayout, done=N_("What was in this payout is owed again.")),
        "hold": Act(payouts.HoldPayout, done=N_("The payout is held.")),
        "release": Act(
            payouts.ReleasePayout, done=N_("You answer for this payout now; another user says when it is paid.")
        ),
    }

    async def look(self, visit: Visit, payout_id: UUID, **_path: Any) -> Content:
        """Ask for the payout."""
        return {
            "payout": await visit.ask(payouts.FindPayout, payout_id=payout_id),
            "may_update": visit.may(payouts.PayPayout, "post"),
        }


SCREENS = {"/payouts": PayoutsScreen, "/payouts/{payout_id:uuid}": PayoutScreen}
