"""Settles overdue payments, and asks the provider again about what it has not answered."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, Self, TypeVar
from uuid import UUID

import psycopg
import structlog

from app.observability import metrics
from app.observability.faults import log_fault
from app.payments.checkout import record, send_refund
from app.payments.xendit import PROVIDER, RefusedByXendit, Unanswered, Xendit
from app.readiness.settle import count_sweep
from app.settings import ListenerSettings
from app.sql import payments, refunds, upkeep, webhooks
from listeners.engine.backend import Backend
from listeners.engine.parts import Parts
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

T = TypeVar("T")
Step = Callable[[], Awaitable[str]]

RECONCILIATION_SECONDS = 3600.0
PAGE = 100
MOST_A_SWEEP = 100
"""Further questions wait for the next sweep, so that a sweep ends soon and expires overdue payments again."""

AT_ONCE = 5
PACE_SECONDS = 1.0
"""Five questions a second: half of what Xendit allows an account, because the API asks it too."""


class Payments:
    """Sweeps payments, and asks the provider about open webhooks, refunds and links. Only the leader does."""

    def __init__(self, backend: Backend, xendit: Xendit | None) -> None:
        self._backend = backend
        self._xendit = xendit
        self._last_asked: dict[str, UUID] = {}
        """The key of the last item that was asked about, by the function that reads the items."""

    @classmethod
    def of(cls, parts: Parts, xendit: Xendit | None) -> Self:
        """The payments of a listener; without Xendit there is no provider to ask."""
        return cls(parts.backends.sweeps, xendit)

    def sweeps(self, settings: ListenerSettings) -> list[Sweep]:
        """The payment sweep."""
        return [Sweep("payments", settings.payment_sweep_seconds, self.sweep)]

    def reconciliations(self) -> list[Sweep]:
        """The hourly reconciliation; none without a provider."""
        return [] if self._xendit is None else [Sweep("reconciliation", RECONCILIATION_SECONDS, self.reconcile)]

    async def sweep(self) -> str:
        """Expire, fail and reconcile what is overdue; then ask the provider again what it did not answer."""
        if self._xendit is None:
            return await self._expire()
        return await _in_turn(self._expire, self._verify, self._send_refunds)

    async def reconcile(self) -> str:
        """Ask the provider about open links and refunds, because their webhooks may have been lost."""
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
        """Ask about the items that `read` gives, a few at once and `most` at most. Returns the outcomes, in words.

        It begins after the item that was asked about last, so that items which never change don't keep it from the
        rest. When the provider answers none of a few, it is away, and asking ends until the next run. An item that
        fails stops no other.
        """
        assert self._xendit is not None, "there is a provider to ask"
        counts: Counter[str] = Counter()
        async for few in self._around(read, key, self._last_asked.get(read.__name__)):
            if counts:
                await asyncio.sleep(PACE_SECONDS)
            outcomes = await asyncio.gather(*(_outcome(ask(self._xendit, item)) for item in few))
            counts.update(outcomes)
            self._last_asked[read.__name__] = key(few[-1])
            if set(outcomes) == {"unanswered"} or counts.total() >= most:
                break
        for outcome, count in counts.items():
            metrics.provider_checks.labels(subject, outcome).inc(count)
        words = ", ".join(f"{count} {outcome}" for outcome, count in counts.items() if outcome != "unchanged")
        return words and f"{subject}s: {words}"

    async def _around(
        self, read: Callable[..., Coroutine[Any, Any, list[T]]], key: Callable[[T], UUID], start: UUID | None
    ) -> AsyncIterator[Sequence[T]]:
        """All that `read` gives, by key and a few at a time: first the items after `start`, then the items up to it."""
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
    except RefusedByXendit:
        return "refused"
    except psycopg.errors.LockNotAvailable:
        return "busy"  # another transaction holds its row; the next run asks again
    except psycopg.OperationalError:
        raise  # without PostgreSQL nothing more can be done
    except Exception as error:  # noqa: BLE001  # whatever it is, the other items are asked about
        log_fault(log, "provider_check_failed", error)
        return "failed"


async def _in_turn(*steps: Step) -> str:
    """Do every step, also after one failed. Returns what they found; raises an ExceptionGroup of the failures."""
    results: list[str] = []
    failed: list[Exception] = []
    for step in steps:
        try:
            results.append(await step())
        except Exception as error:  # noqa: BLE001  # it is raised in the end
            log_fault(log, "payment_step_failed", error)
            failed.append(error)
    if failed:
        raise ExceptionGroup("not all of it could be done", failed)
    return "; ".join(filter(None, results))
