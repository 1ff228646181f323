"""Webhooks sent again and again, in any order, to an API that is killed around their commits: each counts once."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest

from app.development.processes import Family
from app.payments.xendit import Xendit
from listeners.concerns.payments import Payments
from listeners.engine.backend import Backend
from tests.support.api_process import ApiProcess
from tests.support.market import Market
from tests.support.sizes import in_proof_alone
from tests.support.waiting import eventually
from tests.support.xendit.account import Notice
from tests.support.xendit.sender import Sender, shuffled
from tests.support.xendit.server import SECRET_KEY, WEBHOOK_TOKEN, LocalXendit
from tests.support.xendit.shop import Shop

ROUNDS = 4
"""Each ends with a kill."""
PAYMENTS_A_ROUND = 15
MOST_COPIES = 20
SENDERS = 12


@pytest.fixture
async def api(
    family: Family, app_url: Callable[[str], str], valkey_url: str, xendit: LocalXendit, tmp_path: Path
) -> AsyncIterator[ApiProcess]:
    api = ApiProcess(
        family,
        tmp_path / "api.log",
        DATABASE_URL=app_url("halo_app"),
        VALKEY_URL=valkey_url,
        LOG_LEVEL="warning",
        XENDIT_ENABLED="true",
        XENDIT_BASE_URL=xendit.url,
        XENDIT_SECRET_KEY=SECRET_KEY,
        XENDIT_WEBHOOK_TOKEN=WEBHOOK_TOKEN,
    )
    yield api
    api.kill()


class Traffic:
    """Deliveries under way: one that is not taken comes again, as Xendit does it, only sooner."""

    def __init__(self, sender: Sender) -> None:
        self.taken = 0
        self.cut = 0
        self.refused = 0
        self._sender = sender
        self._progress = asyncio.Condition()

    async def deliver(self, deliveries: Sequence[Notice]) -> None:
        """Send them in this order, several at once, until every one was taken."""
        waiting = deque(deliveries)

        async def send() -> None:
            while waiting:
                notice = waiting.popleft()
                await eventually(partial(self._attempt, notice), "the webhook is taken")

        async with asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(send())

    async def until_taken(self, count: int) -> None:
        """Wait until so many were."""
        async with self._progress:
            await self._progress.wait_for(lambda: self.taken >= count)

    async def _attempt(self, notice: Notice) -> bool:
        try:
            answer = await self._sender.send(notice)
        except httpx.ConnectError:
            await asyncio.sleep(0.1)  # nobody is there yet
            return False
        except httpx.TransportError:
            self.cut += 1  # killed with this in its hands, before its commit or after
            return False
        if not answer.is_success:
            self.refused += 1
            return False
        async with self._progress:
            self.taken += 1
            self._progress.notify_all()
        return True


async def a_round(api: ApiProcess, traffic: Traffic, repeated: Sequence[Notice], single: Sequence[Notice]) -> None:
    """Deliver repeats, and then what comes only once; the kill is amid those, which nothing repairs but retries."""
    async with asyncio.TaskGroup() as group:
        already = traffic.taken
        group.create_task(traffic.deliver([*repeated, *single]))
        await traffic.until_taken(already + len(repeated) + 3)
        api.kill()
        await api.start()


@in_proof_alone("takes half a minute")
async def test_webhooks_count_once_however_often_they_come_and_whenever_the_api_is_killed(
    api: ApiProcess, xendit: LocalXendit, conn: psycopg.Connection, app_url: Callable[[str], str]
) -> None:
    rng = random.Random(20)
    client, backend = Xendit(xendit.url, SECRET_KEY), Backend(app_url("halo_listener"), name="test")
    sender = Sender(f"{api.url}/api/webhooks/xendit", WEBHOOK_TOKEN)
    market = Market(conn)
    shop = Shop(market, client, xendit)
    sold: list[UUID] = []
    notices: list[Notice] = []
    traffic = Traffic(sender)
    try:
        await api.start()
        for _ in range(ROUNDS):
            payments = [await shop.sell() for _ in range(PAYMENTS_A_ROUND)]
            pairs = [xendit.account.pay(shop.link(payment)) for payment in payments]
            single = [rng.choice(pair) for number, pair in enumerate(pairs) if number % 3]
            repeated = [notice for pair in pairs[::3] for notice in pair]
            copies = shuffled(repeated, copies=MOST_COPIES, rng=rng) + rng.sample(notices, k=len(notices) // 4)
            await a_round(api, traffic, copies, single)
            sold += payments
            notices += [*single, *repeated]
        await Payments(backend, client).sweep()
    finally:
        backend.close()
        await client.close()
        await sender.close()

    assert traffic.cut >= ROUNDS, "a kill met no request"
    assert traffic.refused == 0
    assert market.value("SELECT count(*) FROM core.webhook_receipts") == len(notices)
    assert market.value("SELECT count(DISTINCT receipt_key) FROM core.webhook_receipts") == len(notices)
    assert market.value("SELECT count(*) FROM core.webhook_receipts WHERE processed_at IS NULL OR is_flagged") == 0
    once_each = market.value(
        """
        SELECT count(*) FROM core.payment_requests AS payment
        WHERE payment.status = 'confirmed' AND refund_due_amount = 0
            AND (SELECT count(*) FROM core.chat_sessions AS session WHERE session.customer_id = payment.customer_id) = 1
            AND (SELECT count(*) FROM core.events AS event
                 WHERE event.recipient = 'customer:' || payment.customer_id AND event.type = 'payment_updated') = 1
        """
    )
    assert once_each == len(sold)
    held, unaccounted = market.value("SELECT jsonb_build_array(held, unaccounted) FROM ops.money_balance")
    assert (held, unaccounted) == (len(sold) * 50_000, 0)
    market.assert_all_is_well()
