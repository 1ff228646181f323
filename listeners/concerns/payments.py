"""The safety net under payments, and what the provider still owes an answer to."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import tell
from app.payments.checkout import record, send_refund
from app.payments.xendit import PROVIDER, Refused, Unanswered, Xendit
from app.readiness.settle import count_sweep
from app.sql import payments, refunds, upkeep, webhooks
from listeners.engine.backend import Backend

log = structlog.get_logger(__name__)

T = TypeVar("T")
Step = Callable[[], Awaitable[str]]

RECONCILIATION_SECONDS = 3600.0
PAGE = 100
MOST_A_SWEEP = 100
"""More questions than this wait for the next sweep, so that what else it does is soon done again."""

AT_ONCE = 5
PACE_SECONDS = 1.0
"""So many questions in so many seconds: half of what Xendit grants an account, because the API asks it too."""


class Payments:
    """Sweeps, and asks the provider about webhooks, refunds and links whose end is open. Only the leader does."""

    def __init__(self, backend: Backend, xendit: Xendit | None) -> None:
        self._backend = backend
        self._xendit = xendit
        self._asked_to: dict[str, UUID] = {}

    async def sweep(self) -> str:
        """Expire, fail and reconcile what is overdue; then ask again what the provider did not answer."""
        if self._xendit is None:
            return await self._expire()
        return await _in_turn(self._expire, self._verify, self._send_refunds)

    async def reconcile(self) -> str:
        """Compare links and refunds with the provider, whose webhooks may have been lost."""
        return await _in_turn(self._reconcile_links, self._reconcile_refunds)

    async def _expire(self) -> str:
        return count_sweep(await self._backend.run(upkeep.expire_stale_payment_requests))

    async def _verify(self) -> str:
        return await self._ask(
            "webhook", webhooks.unverified_webhooks, lambda waiting: waiting.receipt_id, self._verify_one, MOST_A_SWEEP
        )

    async def _verify_one(self, xendit: Xendit, waiting: webhooks.UnverifiedWebhook) -> str:
        answer = await xendit.link(waiting.provider_ref)
        settled = await self._backend.run(webhooks.process_webhook, receipt_id=waiting.receipt_id, answer=answer)
        return settled.outcome

    async def _send_refunds(self) -> str:
        return await self._ask(
            "refund", refunds.refunds_to_send, lambda unsent: unsent.refund_id, self._send_refund, MOST_A_SWEEP
        )

    async def _send_refund(self, xendit: Xendit, unsent: refunds.UnsentRefund) -> str:
        await send_refund(
            self._backend.run,
            xendit,
            refund_id=unsent.refund_id,
            amount=unsent.amount,
            payment_ref=unsent.provider_payment_ref,
        )
        return "sent"

    async def _reconcile_links(self) -> str:
        return await self._ask(
            "link", payments.links_to_reconcile, lambda link: link.payment_request_id, self._reconcile_link
        )

    async def _reconcile_link(self, xendit: Xendit, link: payments.OpenLink) -> str:
        answer = await xendit.link(link.provider_ref)
        return await self._backend.run(
            payments.reconcile_payment, payment_request_id=link.payment_request_id, answer=answer
        )

    async def _reconcile_refunds(self) -> str:
        return await self._ask(
            "refund", refunds.refunds_to_reconcile, lambda refund: refund.refund_id, self._reconcile_refund
        )

    async def _reconcile_refund(self, xendit: Xendit, refund: refunds.OpenRefund) -> str:
        answer = await xendit.refund(refund.provider_ref)
        await record(self._backend.run, refund.refund_id, answer)
        return answer.status.lower()

    async def _ask(
        self,
        subject: str,
        read: Callable[..., Coroutine[Any, Any, list[T]]],
        key: Callable[[T], UUID],
        ask: Callable[[Xendit, T], Awaitable[str]],
        most: float = math.inf,
    ) -> str:
        """Ask about each that `read` gives, a few at once, about `most` at most; what came of them.

        It begins after those asked about last, so that however many stay as they are hide no other. Silence about all
        of a few ends it: the provider is away, and the next run comes. One that fails stops no other.
        """
        assert self._xendit is not None, "there is somebody to ask"
        found: Counter[str] = Counter()
        async for few in self._around(read, key, self._asked_to.get(read.__name__)):
            if found:
                await asyncio.sleep(PACE_SECONDS)
            outcomes = await asyncio.gather(*(_outcome(ask(self._xendit, item)) for item in few))
            found.update(outcomes)
            self._asked_to[read.__name__] = key(few[-1])
            if set(outcomes) == {"unanswered"} or found.total() >= most:
                break
        for outcome, count in found.items():
            metrics.provider_checks.labels(subject, outcome).inc(count)
        words = ", ".join(f"{count} {outcome}" for outcome, count in found.items() if outcome != "unchanged")
        return words and f"{subject}s: {words}"

    async def _around(
        self, read: Callable[..., Coroutine[Any, Any, list[T]]], key: Callable[[T], UUID], start: UUID | None
    ) -> AsyncIterator[Sequence[T]]:
        """All that `read` gives by key, a few at a time: those after `start`, then those up to it."""
        for first, last in ((start, None), (None, start)) if start else ((None, None),):
            after = first
            while True:
                page = await self._backend.run(read, provider=PROVIDER, after=after, limit=PAGE)
                wanted = [item for item in page if last is None or key(item) <= last]
                for at in range(0, len(wanted), AT_ONCE):
                    yield wanted[at : at + AT_ONCE]
                if len(wanted) < PAGE:
                    break
                after = key(page[-1])


async def _outcome(asking: Awaitable[str]) -> str:
    try:
        return await asking
    except Unanswered:
        return "unanswered"
    except Refused:
        return "refused"
    except psycopg.errors.LockNotAvailable:
        return "busy"  # another transaction holds its row: the others are asked about, this one next time
    except psycopg.OperationalError:
        raise  # without PostgreSQL there is no use in going on
    except Exception as error:  # noqa: BLE001  # whatever it is, the others are asked about
        tell(log, "provider_check_failed", error)
        return "failed"


async def _in_turn(*steps: Step) -> str:
    """Every step, though another failed; what they found. Raises ExceptionGroup of those that failed."""
    found: list[str] = []
    failed: list[Exception] = []
    for step in steps:
        try:
            found.append(await step())
        except Exception as error:  # noqa: BLE001  # it is raised in the end
            tell(log, "payment_step_failed", error)
            failed.append(error)
    if failed:
        raise ExceptionGroup("not all of it could be done", failed)
    return "; ".join(filter(None, found))
