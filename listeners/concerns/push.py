"""Pushes for users without a socket: asks the leases who has none, has the pushes sent, records what became of each."""

import asyncio
import time
from collections.abc import Sequence
from typing import Self
from uuid import UUID

import psycopg
import structlog

from app.mirror.reader import MirrorReader
from app.observability import metrics, tracing
from app.observability.faults import log_fault
from app.observability.tracing import Tracer, TraceSpan
from app.sql.events import event_traces
from app.sql.pushes import ClaimedPush, PushOutcome, claim_pushes, oldest_push, record_pushes
from listeners.concerns.sender import Sender
from listeners.engine.backend import Backend
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

log = structlog.get_logger(__name__)

_THINGS = ("session_id", "offer_id", "payment_request_id", "extension_id")

PUSHES_A_ROUND = 500
POLL_SECONDS = 1.0
"""Nothing rings for a message, nor for a push that is to be tried again."""

CALM_SECONDS = 0.1
"""Every event rings, and few events are pushed: the events of so many seconds are looked at together."""


class Pusher:
    """Takes pushes out of the queue. Any number may run: a push is claimed by one of them at a time."""

    def __init__(self, backend: Backend, reader: MirrorReader, sender: Sender, bell: Doorbell) -> None:
        self._bell = bell
        self._backend = backend
        self._reader = reader
        self._sender = sender

    @classmethod
    def of(cls, parts: Parts, sender: Sender) -> Self:
        """A pusher of a listener."""
        return cls(parts.backends.work, parts.reader, sender, parts.program.doorbell())

    def hear(self, _payloads: Sequence[str]) -> None:
        """There are new events, and one of them may be for a push."""
        self._bell.ring()

    def rounds(self) -> Rounds:
        """The queue, at each ring and once a second."""
        return Rounds("push", self.work, self._bell)

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
            spans = {} if tracing.tracer is None else await self._begin_spans(tracing.tracer, to_send)
            sent = await self._sender.send(to_send)
            _tell(to_send, sent)
            for outcome in sent:
                if (span := spans.get(outcome.push_id)) is not None:
                    span.tell(outcome=outcome.outcome)
                    span.end()
            outcomes += sent
        return outcomes

    async def _begin_spans(self, tracer: Tracer, pushes: Sequence[ClaimedPush]) -> dict[UUID, TraceSpan]:
        """Begin the span of each push of an event that has a trace. A message is no event."""
        told = [push for push in pushes if push.type != "message"]
        recipients = [f"{push.user_type}:{push.user_id}" for push in told]
        seqs = [int(push.data["seq"]) for push in told]
        try:
            found = await self._backend.run(event_traces, recipients=recipients, seqs=seqs)
        except psycopg.Error as error:  # a push without a trace is a push
            log_fault(log, "traces_not_read", error)
            return {}
        traceparents = {(trace.recipient, trace.seq): trace.traceparent for trace in found}
        return {
            push.push_id: tracer.carry(f"push {push.type}", traceparents[place])
            for push, place in zip(told, zip(recipients, seqs, strict=True), strict=True)
            if place in traceparents
        }

    async def _connected(self, users: set[tuple[str, UUID]]) -> dict[tuple[str, UUID], bool | None]:
        """Whether each user has a live socket on any instance; None where Valkey can't say."""
        answers = await asyncio.gather(*(self._reader.connected(*user) for user in users))
        return dict(zip(users, answers, strict=True))


def _tell(pushes: Sequence[ClaimedPush], outcomes: Sequence[PushOutcome]) -> None:
    """Log what became of the pushes for users without a socket."""
    became = {outcome.push_id: outcome for outcome in outcomes}
    for push in pushes:
        log.info(
            "push",
            type=push.type,
            outcome=became[push.push_id].outcome,
            recipient=f"{push.user_type}:{push.user_id}",
            push_id=str(push.push_id),
            **{name: push.data[name] for name in _THINGS if name in push.data},
        )
