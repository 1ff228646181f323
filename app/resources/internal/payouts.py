"""What is owed to mitras, and paying it out."""

from uuid import UUID

from app.http.call import Call
from app.http.operation import Permission
from app.http.resource import Resource, Routes, operation
from app.shapes.base import Page
from app.shapes.earnings import (
    ClosedPeriod,
    EarningPage,
    Earnings,
    OwedEarnings,
    Payout,
    PayoutClosing,
    PayoutFailure,
    PayoutPage,
    PayoutPayment,
    PayoutPeriods,
    Payouts,
)
from app.sql import earnings


class PayoutList(Resource):
    """GET /internal/payouts."""

    @operation(allow="cc", needs=Permission("payouts", "read"))
    async def on_get(self, call: Call, query: PayoutPage) -> Payouts:
        """Give payouts, newest first; `until` names the period they are of."""
        return await call.sql(
            earnings.list_payouts,
            status=query.status,
            mitra_id=query.mitra_id,
            until=query.until,
            limit=query.limit,
            cursor=query.cursor,
        )


class OwedEarningList(Resource):
    """GET /internal/payouts/owed."""

    @operation(allow="cc", needs=Permission("payouts", "read"))
    async def on_get(self, call: Call, query: Page) -> OwedEarnings:
        """Give what is owed to which mitra."""
        return await call.sql(earnings.list_owed_earnings, limit=query.limit, cursor=query.cursor)


class PayoutPeriodList(Resource):
    """GET /internal/payouts/periods."""

    @operation(allow="cc", needs=Permission("payouts", "read"))
    async def on_get(self, call: Call, query: Page) -> PayoutPeriods:
        """Give the closed periods, closed last first, with what of each is still to be paid."""
        return await call.sql(earnings.list_payout_periods, limit=query.limit, cursor=query.cursor)


class ClosePayoutPeriod(Resource):
    """POST /internal/payouts/close."""

    @operation(allow="cc", needs=Permission("payouts", "update"), idempotent=True)
    async def on_post(self, call: Call, body: PayoutClosing) -> ClosedPeriod:
        """Gather what mitras earned until a moment in the past: one payout a mitra.

        What is not above 0 is carried into the next payout. The same moment again gives the same payouts. Of very many
        earnings the first payouts are in the reply, and the others follow in the background (`is_complete`); so do
        those of mitras of whom somebody holds a row.
        """
        return await call.sql(earnings.close_payout_period, until=body.until, actor_id=call.user.sub)


class FindPayout(Resource):
    """GET /internal/payouts/{payout_id}."""

    @operation(name="OnePayout_get", allow="cc", needs=Permission("payouts", "read"))
    async def on_get(self, call: Call, payout_id: UUID) -> Payout:
        """Give a payout."""
        return await call.sql(earnings.find_payout, payout_id=payout_id)


class PayPayout(Resource):
    """POST /internal/payouts/{payout_id}/paid."""

    @operation(
        allow="cc",
        needs=Permission("payouts", "update"),
        idempotent=True,
        refuses=("INVALID_STATE", "SECOND_USER_REQUIRED"),
    )
    async def on_post(self, call: Call, body: PayoutPayment, payout_id: UUID) -> Payout:
        """Say, as a second user, that an open payout was paid.

        The first is who closed the period, or released the payout last.
        """
        return await call.sql(
            earnings.mark_payout_paid, payout_id=payout_id, reference=body.reference, actor_id=call.user.sub
        )


class FailPayout(Resource):
    """POST /internal/payouts/{payout_id}/failed."""

    @operation(allow="cc", needs=Permission("payouts", "update"), idempotent=True, refuses=("SECOND_USER_REQUIRED",))
    async def on_post(self, call: Call, body: PayoutFailure, payout_id: UUID) -> Payout:
        """Say why a payout came to nothing: its earnings are owed again, and the next period gathers them.

        Of a payout that was paid, another user than the one who said so must say it.
        """
        return await call.sql(
            earnings.mark_payout_failed, payout_id=payout_id, reason=body.reason, actor_id=call.user.sub
        )


class HoldPayout(Resource):
    """POST /internal/payouts/{payout_id}/hold."""

    @operation(allow="cc", needs=Permission("payouts", "update"), idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, payout_id: UUID) -> Payout:
        """Keep an open payout from being paid for now."""
        return await call.sql(earnings.hold_payout, payout_id=payout_id, reason=call.reason, actor_id=call.user.sub)


class ReleasePayout(Resource):
    """POST /internal/payouts/{payout_id}/release."""

    @operation(allow="cc", needs=Permission("payouts", "update"), idempotent=True, refuses=("INVALID_STATE",))
    async def on_post(self, call: Call, payout_id: UUID) -> Payout:
        """Let a held payout be paid, and answer for it: somebody else says that it was paid.

        So is an open payout taken over whose first user has left, or which a DBA made.
        """
        return await call.sql(earnings.release_payout, payout_id=payout_id, actor_id=call.user.sub)


class MitraEarnings(Resource):
    """GET /internal/mitras/{mitra_id}/earnings."""

    @operation(allow="cc", needs=Permission("payouts", "read"))
    async def on_get(self, call: Call, mitra_id: UUID, query: EarningPage) -> Earnings:
        """Give what a mitra earned, newest first, and what is owed and was paid out."""
        return await call.sql(
            earnings.mitra_earnings,
            mitra_id=mitra_id,
            from_at=query.from_,
            to_at=query.to,
            limit=query.limit,
            cursor=query.cursor,
        )


ROUTES: Routes = {
    "/internal/payouts": PayoutList,
    "/internal/payouts/owed": OwedEarningList,
    "/internal/payouts/periods": PayoutPeriodList,
    "/internal/payouts/close": ClosePayoutPeriod,
    "/internal/payouts/{payout_id:uuid}": FindPayout,
    "/internal/payouts/{payout_id:uuid}/paid": PayPayout,
    "/internal/payouts/{payout_id:uuid}/failed": FailPayout,
    "/internal/payouts/{payout_id:uuid}/hold": HoldPayout,
    "/internal/payouts/{payout_id:uuid}/release": ReleasePayout,
    "/internal/mitras/{mitra_id:uuid}/earnings": MitraEarnings,
}
