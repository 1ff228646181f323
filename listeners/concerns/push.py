"""Pushes for people without a socket: asks who has none, has the rest sent, writes down what became of each."""

import asyncio
import time
from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

import structlog

from app.mirror.gateway import Gateway
from app.observability import metrics
from app.sql.pushes import ClaimedPush, PushOutcome, claim_pushes, oldest_push, record_pushes
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell

log = structlog.get_logger(__name__)

PUSHES_A_ROUND = 500
POLL_SECONDS = 1.0
"""Messages ring nobody, and what is to be tried again neither."""

CALM_SECONDS = 0.1
"""Every event rings, and few are pushed: those of so long are one question."""


class Sender(Protocol):
    """Gets pushes to phones."""

    async def send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        """Send them all, and say what became of each, in any order."""

    async def close(self) -> None:
        """Let go of what it holds."""


class PushLog:
    """Stands in for FCM where there are no credentials: says what it would have sent.

    What a push says to its reader is a person's secret; development alone shows it.
    """

    def __init__(self, *, shows_text: bool) -> None:
        self._shows_text = shows_text

    async def send(self, pushes: Sequence[ClaimedPush]) -> list[PushOutcome]:
        """Log them."""
        for push in pushes:
            log.info(
                "push_not_sent",
                reason="no FIREBASE_CREDENTIALS",
                push_id=str(push.push_id),
                type=push.type,
                recipient=f"{push.user_type}:{push.user_id}",
                action=push.action,
                ttl_seconds=push.ttl_seconds,
                **({"text": f"{push.title}: {push.body}"} if self._shows_text else {}),
            )
        return [PushOutcome(push.push_id, push.claim, "logged") for push in pushes]

    async def close(self) -> None:
        """There is nothing to let go of."""


class Pushes:
    """Works off the queue. Any number may run: a push is claimed by one at a time."""

    def __init__(self, backend: Backend, gateway: Gateway, sender: Sender, bell: Doorbell) -> None:
        self.bell = bell
        self._backend = backend
        self._gateway = gateway
        self._sender = sender

    def hear(self, _payloads: Sequence[str]) -> None:
        """There are new events, maybe one to be pushed."""
        self.bell.ring()

    async def work(self) -> float:
        """One round: claim, ask the leases, send, record."""
        claimed = await self._backend.run(claim_pushes, limit=PUSHES_A_ROUND)
        metrics.push_queue_age.set((await self._backend.run(oldest_push)).total_seconds())
        if not claimed:
            await asyncio.sleep(CALM_SECONDS)
            return POLL_SECONDS
        outcomes = await self._outcomes(claimed)
        now = time.time()
        for push in claimed:
            metrics.push_lag.observe(max(0.0, now - push.created_at.timestamp()))
        for recorded in await self._backend.run(record_pushes, outcomes=outcomes):
            metrics.pushes.labels(recorded.type, recorded.status).inc(recorded.pushes)
        return 0.0

    async def _outcomes(self, claimed: Sequence[ClaimedPush]) -> list[PushOutcome]:
        connected = await self._connected({(push.user_type, push.user_id) for push in claimed})
        outcomes, to_send = [], []
        for push in claimed:
            is_connected = connected[push.user_type, push.user_id]
            if is_connected:
                outcomes.append(PushOutcome(push.push_id, push.claim, "connected"))
            elif is_connected is None and not push.is_urgent:
                outcomes.append(PushOutcome(push.push_id, push.claim, "unknown"))
            else:
                to_send.append(push)
        if to_send:
            outcomes += await self._sender.send(to_send)
        return outcomes

    async def _connected(self, users: set[tuple[str, UUID]]) -> dict[tuple[str, UUID], bool | None]:
        """Who has a live socket, on whatever instance; None where nobody can tell."""
        answers = await asyncio.gather(*(self._gateway.connected(*user) for user in users))
        return dict(zip(users, answers, strict=True))
