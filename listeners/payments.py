"""The safety net under payments, and what the provider still owes an answer to."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import structlog

from app import metrics
from app.faults import tell
from app.provider import record, send_refund
from app.settle import count_sweep
from app.sql import payments, refunds, upkeep, webhooks
from app.xendit import PROVIDER, Refused, Unanswered, Xendit
from listeners.backend import Backend

log = structlog.get_logger(__name__)

T = TypeVar("T")
Step = Callable[[], Awaitable[str]]

RECONCILIATION_SECONDS = 3600.0
PAGE = 100
AT_ONCE = 5
PACE_SECONDS = 1.0
"""So many questions in so many seconds: half of what Xendit grants an account, because the API asks it too."""


class Payments:
    """Sweeps, and asks the provider about webhooks, refunds and links whose end is open. Only the leader does."""

    def __init__(self, backend: Backend, xendit: Xendit | None) -> None:
        self._backend = backend
        self._xendit = xendit

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
        waiting = await self._backend.run(webhooks.unverified_webhooks, limit=PAGE)
        return _words("webhooks", await self._each("webhook", waiting, self._verify_one))

    async def _verify_one(self, xendit: Xendit, waiting: webhooks.UnverifiedWebhook) -> str:
        answer = await xendit.link(waiting.provider_ref)
        settled = await self._backend.run(webhooks.process_webhook, receipt_id=waiting.receipt_id, answer=answer)
        return settled.outcome

    async def _send_refunds(self) -> str:
        unsent = await self._backend.run(refunds.refunds_to_send, provider=PROVIDER, limit=PAGE)
        return _words("refunds", await self._each("refund", unsent, self._send_refund))

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
        found: Counter[str] = Counter()
        async for page in self._pages(payments.links_to_reconcile, lambda link: link.payment_request_id):
            found += await self._each("link", page, self._reconcile_link)
        return _words("links", found)

    async def _reconcile_link(self, xendit: Xendit, link: payments.OpenLink) -> str:
        answer = await xendit.link(link.provider_ref)
        return await self._backend.run(
            payments.reconcile_payment, payment_request_id=link.payment_request_id, answer=answer
        )

    async def _reconcile_refunds(self) -> str:
        found: Counter[str] = Counter()
        async for page in self._pages(refunds.refunds_to_reconcile, lambda refund: refund.refund_id):
            found += await self._each("refund", page, self._reconcile_refund)
        return _words("refunds", found)

    async def _reconcile_refund(self, xendit: Xendit, refund: refunds.OpenRefund) -> str:
        answer = await xendit.refund(refund.provider_ref)
        await record(self._backend.run, refund.refund_id, answer)
        return answer.status.lower()

    async def _pages(
        self, read: Callable[..., Coroutine[Any, Any, list[T]]], key: Callable[[T], UUID]
    ) -> AsyncIterator[list[T]]:
        after: UUID | None = None
        while True:
            page = await self._backend.run(read, provider=PROVIDER, after=after, limit=PAGE)
            yield page
            if len(page) < PAGE:
                return
            after = key(page[-1])

    async def _each(self, subject: str, items: Sequence[T], ask: Callable[[Xendit, T], Awaitable[str]]) -> Counter[str]:
        """Ask about each, a few at once; what came of them.

        Silence about all of a few ends it: the provider is away, and the next run comes. One that fails stops no other.
        """
        assert self._xendit is not None, "there is somebody to ask"
        found: Counter[str] = Counter()
        for first in range(0, len(items), AT_ONCE):
            if first:
                await asyncio.sleep(PACE_SECONDS)
            few = await asyncio.gather(*(_outcome(ask(self._xendit, item)) for item in items[first : first + AT_ONCE]))
            found.update(few)
            if set(few) == {"unanswered"}:
                break
        for outcome, count in found.items():
            metrics.provider_checks.labels(subject, outcome).inc(count)
        return found


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


def _words(subjects: str, found: Counter[str]) -> str:
    words = ", ".join(f"{count} {outcome}" for outcome, count in found.items() if outcome != "unchanged")
    return words and f"{subjects}: {words}"


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
