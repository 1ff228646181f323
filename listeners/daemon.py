"""The listener as a whole: its parts, in the order in which they start, and how they end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import structlog

from app.payments.xendit import Xendit
from app.readiness.settle import settle
from app.runtime import systemd
from app.settings import ListenerSettings
from listeners.concerns import backlog, config, deadlines, events, mirror, money, pairing
from listeners.concerns.condition import ConditionWatch
from listeners.concerns.deadlines import Deadlines
from listeners.concerns.events import Dispatcher
from listeners.concerns.failed_deadlines import FailedDeadlines
from listeners.concerns.pairing import Pairing
from listeners.concerns.push import Pusher
from listeners.concerns.sender import Sender, sender_of
from listeners.engine.backends import settling_backend
from listeners.engine.health import ListenerReadiness, reports, serving_health
from listeners.engine.leadership import Leadership
from listeners.engine.looks import MinuteLook
from listeners.engine.notifications import Notifications
from listeners.engine.parts import Parts, open_parts
from listeners.engine.program import Concern, Program
from listeners.leader import LeadersWork

log = structlog.get_logger(__name__)

START_SECONDS = 30.0
"""How long the start waits for LISTEN, and again for the first seed; then the rest goes on without them."""

LAST_BATCH_SECONDS = 4.0
"""How long the batch in hand may take when the listener stops."""

PUSHERS = 2
"""So many pushers work at the same time, so that a pusher goes on while another waits for FCM."""


class Listener:
    """One listener. Each concern takes from `parts` what it needs (`of`)."""

    def __init__(self, parts: Parts, xendit: Xendit | None, sender: Sender) -> None:
        self._parts = parts
        self._program = parts.program
        self._is_started = False
        self._dispatcher = Dispatcher.of(parts)
        self._deadlines = Deadlines.of(parts)
        self._failed_deadlines = FailedDeadlines.of(parts)
        self._looks = [MinuteLook("money", parts, money.measure), MinuteLook("backlog", parts, backlog.measure)]
        self._pairing = Pairing.of(parts)
        self._pushers = [Pusher.of(parts, sender) for _ in range(PUSHERS)]
        self._condition = ConditionWatch.of(parts)
        self._leaders_work = LeadersWork(parts, xendit, self._dispatcher, is_listening=self._is_listening)
        self._leadership = Leadership.of(parts)
        self._notifications = Notifications.of(
            parts,
            {
                mirror.CHANNEL: self._leaders_work.mirror.hear,
                events.CHANNEL: self._hear_events,
                deadlines.CHANNEL: self._deadlines.hear,
                pairing.CHANNEL: self._pairing.hear,
                config.CHANNEL: self._leaders_work.config.hear,
            },
        )
        self._notifications.on_listening.append(self._catch_up)

    async def run(self, ready: asyncio.Event | None) -> None:
        """Work until the program stops; `ready` is set once the mirror is seeded."""
        backends = self._parts.backends
        try:
            async with asyncio.TaskGroup() as group:
                hearing = group.create_task(self._notifications.run(), name="notifications")
                proving = group.create_task(backends.prove(), name="proofs")
                await self._program.patience(self._notifications.first_try.wait(), seconds=START_SECONDS)
                working = [group.create_task(work, name=name) for name, work in self._work()]
                await self._program.patience(self._seeded(), seconds=START_SECONDS)
                self._is_started = True
                if ready is not None:
                    ready.set()
                systemd.tell(systemd.READY)
                log.info("listener_ready", port=self._parts.settings.listener_port)
                await self._program.until_stopped()
                systemd.tell(systemd.STOPPING)
                log.info("listener_stopping")
                await asyncio.wait(working, timeout=LAST_BATCH_SECONDS)
                for task in (hearing, proving, *working):
                    task.cancel()
        finally:
            backends.close()
        log.info("listener_stopped")

    def _work(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        """What starts after the first attempt to listen, with its name."""
        yield "leadership", self._leadership.run(self._leaders_work.lead)
        concerns: tuple[Concern, ...] = (
            self._condition,
            self._dispatcher,
            self._deadlines,
            self._failed_deadlines,
            *self._looks,
            self._pairing,
            *self._pushers,
        )
        for concern in concerns:
            rounds = concern.rounds()
            yield rounds.name, self._program.rounds(*rounds)

    def _hear_events(self, payloads: Sequence[str]) -> None:
        self._dispatcher.hear(payloads)
        for pusher in self._pushers:
            pusher.hear(payloads)

    def _is_listening(self) -> bool:
        return self._notifications.listening

    def _catch_up(self) -> None:
        """After each LISTEN, look for all work: notifications from before it were not heard."""
        self._leaders_work.reseeder.request("listening")
        for concern in (self._dispatcher, self._deadlines, self._pairing):
            concern.bell.ring()

    async def _seeded(self) -> None:
        await self._leadership.decided.wait()
        if self._leadership.epoch is not None and self._parts.server.is_up:
            await self._leaders_work.reseeder.seeded.wait()

    async def report(self) -> ListenerReadiness:
        """What `/readyz` tells."""
        is_writable, reasons = await self._condition.report()
        is_able = self._notifications.listening and is_writable
        return ListenerReadiness(
            status=self._status(is_able=is_able, is_degraded=bool(reasons)),
            postgres="up" if is_able else "down",
            valkey="up" if self._parts.server.is_up else "down",
            leading=self._leadership.epoch is not None,
            epoch=self._leadership.epoch,
            queue=self._leaders_work.mirror.queue,
            lag_ms=self._leaders_work.mirror.lag_ms,
            sweeps=reports(self._leaders_work.sweeps),
            reasons=reasons,
        )

    def _status(self, *, is_able: bool, is_degraded: bool) -> str:
        if self._program.stopping:
            return "stopping"
        if not self._is_started:
            return "starting"
        if not is_able:
            return "unavailable"
        return "degraded" if is_degraded else "ok"


async def run(
    settings: ListenerSettings,
    port: socket.socket,
    ready: asyncio.Event | None = None,
    *,
    program: Program | None = None,
) -> None:
    """Settle what is overdue, seed the mirror, then work until `program` is stopped; `ready` is set once it is seeded.

    The health port answers once what is overdue is settled: at first, that the listener is starting. `port` is the
    socket bound to it, which is closed at the end.

    Raises what settling raises: a database that is away for a minute, or was never migrated.
    """
    program = program or Program()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(port)
        if not await _settled(settings, program):
            return
        parts = await stack.enter_async_context(open_parts(settings, program))
        if (xendit := Xendit.of(settings)) is not None:
            stack.push_async_callback(xendit.close)
        sender = sender_of(settings)
        stack.push_async_callback(sender.close)
        listener = Listener(parts, xendit, sender)
        await stack.enter_async_context(serving_health(port, listener.report))
        await listener.run(ready)


async def _settled(settings: ListenerSettings, program: Program) -> bool:
    backend = settling_backend(settings)
    try:
        return await program.patience(settle(backend.run), seconds=None)
    finally:
        backend.close()


def main(settings: ListenerSettings, port: socket.socket) -> None:
    """Run the listener, its health on `port`; returns within 8 s of SIGTERM or SIGINT, after the batch in hand."""

    async def run_until_signalled() -> None:
        program = Program()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, program.stop)
        alive = asyncio.create_task(systemd.keep_alive())
        await run(settings, port, program=program)
        alive.cancel()

    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        runner.run(run_until_signalled())


def _new_event_loop() -> asyncio.AbstractEventLoop:
    try:
        from uvloop import new_event_loop
    except ImportError:  # uvloop is not made for every platform
        return asyncio.new_event_loop()
    return new_event_loop()
