"""The listener as a whole: who is there, in which order they start, and how they end."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Coroutine, Iterator, Sequence
from typing import Any

import structlog

from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.mirror.writer import Writer
from app.payments.xendit import Xendit
from app.postgres.database import Database
from app.readiness.condition import Conditions
from app.readiness.settle import settle
from app.settings import ListenerSettings
from listeners.concerns import config, deadlines, events, mirror, pairing
from listeners.concerns.condition import ConditionWatch
from listeners.concerns.config import ConfigWatch
from listeners.concerns.deadlines import Deadlines
from listeners.concerns.drift import Drift
from listeners.concerns.events import Dispatcher
from listeners.concerns.liveness import Liveness
from listeners.concerns.mirror import MirrorWriter
from listeners.concerns.pairing import Pairing
from listeners.concerns.payments import RECONCILIATION_SECONDS, Payments
from listeners.concerns.presence import Presence
from listeners.concerns.publisher import Publisher
from listeners.concerns.push import Pushes, PushLog, Sender
from listeners.concerns.reseed import Reseeder
from listeners.concerns.upkeep import QUEUE_SECONDS, TIMER_SECONDS, UPKEEP_SECONDS, Upkeep
from listeners.concerns.watch import MirrorWatch
from listeners.engine.backend import Backend
from listeners.engine.connection import PROOF_SECONDS
from listeners.engine.health import Readiness, reports, serving_health
from listeners.engine.leadership import Leadership
from listeners.engine.notifications import Notifications
from listeners.engine.program import Program
from listeners.engine.sweeps import Sweep

log = structlog.get_logger(__name__)

VALKEY_SECONDS = 2.0
"""The listener, unlike a request, may wait a little for Valkey."""

START_SECONDS = 30.0
"""How long the start waits for LISTEN and the first seed: should either be impossible, the rest goes on."""

LIMIT_SECONDS = 5.0
SWEEP_LIMIT_SECONDS = 30.0
LEASE_LIMIT_SECONDS = 1.5
WORK_BACKENDS = 3
SWEEP_BACKENDS = 2
"""With LISTEN, the lease and the dispatcher: 8 connections (requirement/architecture.md says who shares what)."""

LAST_BATCH_SECONDS = 5.0
PUSHERS = 2
"""One goes on while the other waits for FCM."""


class Listener:
    """Every concern of one listener, wired up."""

    def __init__(
        self,
        settings: ListenerSettings,
        server: Server,
        gateway: Gateway,
        xendit: Xendit | None,
        sender: Sender,
        program: Program,
    ) -> None:
        self._settings = settings
        self._server = server
        self._program = program
        self._is_started = False
        self._backends: list[Backend] = []
        self._sweeps: list[Sweep] = []
        direct_dsn = settings.listen_database_url or settings.database_url

        publisher = Publisher(server)
        bell = program.doorbell
        work = self._backend("work", size=WORK_BACKENDS)
        sweeping = self._backend("sweeps", size=SWEEP_BACKENDS, limit=SWEEP_LIMIT_SECONDS)
        self._reseeder = Reseeder(work, bell(), is_well=lambda: self._watch.is_well())
        self._mirror = MirrorWriter(work, bell(), on_reseed_asked=lambda: self._reseeder.request("asked for"))
        self._dispatcher = Dispatcher(self._backend("events"), server, bell())
        self._deadlines = Deadlines(work, gateway, bell())
        self._pairing = Pairing(work, gateway, bell())
        self._pushers = [Pushes(work, gateway, sender, bell()) for _ in range(PUSHERS)]
        self._config = ConfigWatch(publisher, bell())
        self._upkeep = Upkeep(sweeping, publisher)
        self._payments = Payments(sweeping, xendit)
        self._liveness_backend = sweeping
        self._presence_backend = work
        self._publisher = publisher
        self._drift = Drift(work, server, self._reseeder)
        self._notifications = Notifications(
            direct_dsn,
            {
                mirror.CHANNEL: self._mirror.hear,
                events.CHANNEL: self._hear_events,
                deadlines.CHANNEL: self._deadlines.hear,
                pairing.CHANNEL: self._pairing.hear,
                config.CHANNEL: self._config.hear,
            },
            program=program,
        )
        self._condition = ConditionWatch(Conditions(work.run), gateway)
        self._watch = MirrorWatch(work, self._mirror, self._dispatcher, self._reseeder, self._notifications, publisher)
        self._leadership = Leadership(
            self._backend("lease", limit=LEASE_LIMIT_SECONDS),
            has_valkey=lambda: server.is_up,
            retry_seconds=settings.leader_retry_seconds,
            program=program,
        )
        self._notifications.on_listening.append(self._catch_up)
        server.on_up.append(lambda: self._reseeder.request("connected to Valkey"))

    def _backend(self, name: str, *, size: int = 1, limit: float = LIMIT_SECONDS) -> Backend:
        backend = Backend(
            self._settings.database_url,
            name=f"halobestie-{name}",
            size=size,
            limit=limit,
            prepare=self._settings.prepare,
        )
        self._backends.append(backend)
        return backend

    async def run(self, ready: asyncio.Event | None) -> None:
        """Work until the program stops; `ready` is set once the mirror is seeded."""
        try:
            async with asyncio.TaskGroup() as group:
                hearing = group.create_task(self._notifications.run(), name="notifications")
                proving = group.create_task(self._prove_backends(), name="proofs")
                await self._program.patience(self._notifications.first_try.wait(), seconds=START_SECONDS)
                working = [group.create_task(work, name=name) for name, work in self._work()]
                await self._program.patience(self._seeded(), seconds=START_SECONDS)
                self._is_started = True
                if ready is not None:
                    ready.set()
                log.info("listener_ready", port=self._settings.listener_port)
                await self._program.until_stopped()
                log.info("listener_stopping")
                await asyncio.wait(working, timeout=LAST_BATCH_SECONDS)
                for task in (hearing, proving, *working):
                    task.cancel()
        finally:
            for backend in self._backends:
                backend.close()
        log.info("listener_stopped")

    def _work(self) -> Iterator[tuple[str, Coroutine[Any, Any, None]]]:
        rounds = self._program.rounds
        yield "leadership", self._leadership.run(self._lead)
        yield "condition", rounds("condition", self._condition.look, self._program.doorbell())
        yield "events", rounds("events", self._dispatcher.dispatch, self._dispatcher.bell)
        yield "deadlines", rounds("deadlines", self._deadlines.run, self._deadlines.bell)
        yield "failed deadlines", rounds("failed deadlines", self._deadlines.look, self._program.doorbell())
        yield "pairing", rounds("pairing", self._pairing.match, self._pairing.bell)
        for pusher in self._pushers:
            yield "push", rounds("push", pusher.work, pusher.bell)

    def _hear_events(self, payloads: Sequence[str]) -> None:
        self._dispatcher.hear(payloads)
        for pusher in self._pushers:
            pusher.hear(payloads)

    async def _lead(self, epoch: int) -> None:
        """What only one listener does at a time."""
        writer = Writer(self._server, epoch=epoch)
        self._mirror.writer = self._reseeder.writer = self._watch.writer = writer
        self._config.leading = True
        self._reseeder.request("leading")
        every = self._settings.mitra_auto_offline_sweep_seconds
        self._sweeps = self._leaders_sweeps(Liveness(writer, self._liveness_backend, sweep_seconds=every))
        presence = Presence(self._presence_backend, self._server, self._publisher)
        rounds = self._program.rounds
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(rounds("mirror", self._mirror.write, self._mirror.bell))
                group.create_task(rounds("reseed", self._reseeder.reseed_if_asked, self._reseeder.bell))
                group.create_task(rounds("watch", self._watch.look, self._program.doorbell()))
                group.create_task(rounds("config", self._config.tell, self._config.bell))
                group.create_task(rounds("presence", presence.look, self._program.doorbell()))
                for sweep in self._sweeps:
                    group.create_task(sweep.run(self._program))
        finally:
            self._mirror.writer = self._reseeder.writer = self._watch.writer = None
            self._config.leading = False
            self._mirror.forget_all()
            self._reseeder.seeded.clear()

    def _leaders_sweeps(self, liveness: Liveness) -> list[Sweep]:
        settings = self._settings
        sweeps = [
            Sweep(
                "heartbeat_copy", settings.heartbeat_mirror_interval_seconds, liveness.copy_heartbeats, at_once=False
            ),
            Sweep(
                "auto_offline", settings.mitra_auto_offline_sweep_seconds, liveness.set_silent_offline, at_once=False
            ),
            Sweep("payments", settings.payment_sweep_seconds, self._payments.sweep),
            Sweep("session_timers", TIMER_SECONDS, self._upkeep.send_timers),
            Sweep("tables", UPKEEP_SECONDS, self._upkeep.maintain_tables),
            Sweep("notification_queue", QUEUE_SECONDS, self._upkeep.watch_queue),
        ]
        if settings.xendit_enabled:
            sweeps.append(Sweep("reconciliation", RECONCILIATION_SECONDS, self._payments.reconcile))
        if every := settings.valkey_online_mirror_sweep_seconds:
            sweeps.append(Sweep("mirror", every, self._drift.heal, at_once=False))
        return sweeps

    def _catch_up(self) -> None:
        """After each LISTEN: whatever was said before it was not heard."""
        self._reseeder.request("listening")
        for bell in (self._dispatcher.bell, self._deadlines.bell, self._pairing.bell):
            bell.ring()

    async def _seeded(self) -> None:
        await self._leadership.decided.wait()
        if self._leadership.epoch is not None and self._server.is_up:
            await self._reseeder.seeded.wait()

    async def _prove_backends(self) -> None:
        while True:
            await asyncio.sleep(PROOF_SECONDS)
            await asyncio.gather(*(backend.prove() for backend in self._backends))

    async def report(self) -> Readiness:
        """What `/readyz` tells."""
        is_writable, reasons = await self._condition.report()
        is_able = self._notifications.listening and is_writable
        return Readiness(
            status=self._status(is_able=is_able, is_degraded=bool(reasons)),
            postgres="up" if is_able else "down",
            valkey="up" if self._server.is_up else "down",
            leading=self._leadership.epoch is not None,
            epoch=self._leadership.epoch,
            queue=self._mirror.queue,
            lag_ms=self._mirror.lag_ms,
            sweeps=reports(self._sweeps),
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
    """Settle what is overdue, seed the mirror, then work until `program` is stopped; `ready` tells when that begins.

    Once what is overdue is settled the health port answers, at first that the listener is starting; `port` is the
    socket bound to it, which is closed at the end.

    Raises what settling raises: a database that is away for a minute, or was never migrated.
    """
    program = program or Program()
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(port)
        if not await _settled(settings, program):
            return
        # Only for questions that Valkey can't answer; until one comes it has no connection.
        db = await Database.open(
            settings.database_url, name="halobestie-listener", min_size=0, max_size=1, prepare=settings.prepare
        )
        stack.push_async_callback(db.close)
        server = await Server.open(settings, name="halobestie-listener", timeout=VALKEY_SECONDS)
        stack.push_async_callback(server.close)
        gateway = await Gateway.open(settings, db)
        stack.push_async_callback(gateway.close)
        if (xendit := Xendit.of(settings)) is not None:
            stack.push_async_callback(xendit.close)
        sender = _sender(settings)
        stack.push_async_callback(sender.close)
        listener = Listener(settings, server, gateway, xendit, sender, program)
        await stack.enter_async_context(serving_health(port, listener.report))
        await listener.run(ready)


async def _settled(settings: ListenerSettings, program: Program) -> bool:
    backend = Backend(
        settings.database_url, name="halobestie-settle", limit=SWEEP_LIMIT_SECONDS, prepare=settings.prepare
    )
    try:
        return await program.patience(settle(backend.run), seconds=None)
    finally:
        backend.close()


def _sender(settings: ListenerSettings) -> Sender:
    if settings.firebase_credentials is None:
        log.warning("pushes_are_logged_only", hint="Set FIREBASE_CREDENTIALS to have them sent.")
        return PushLog(shows_text=not settings.is_production)
    from listeners.concerns.fcm import Fcm  # firebase-admin is loaded only by whoever sends

    return Fcm(settings.firebase_credentials)


def main(settings: ListenerSettings, port: socket.socket) -> None:
    """Run the listener, its health on `port`; returns within 8 s of SIGTERM or SIGINT, after the batch in hand."""

    async def run_until_signalled() -> None:
        program = Program()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, program.stop)
        await run(settings, port, program=program)

    with asyncio.Runner(loop_factory=_new_event_loop) as runner:
        runner.run(run_until_signalled())


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """The event loop of uvloop, where there is one: a third less time from a notification to Valkey."""
    try:
        from uvloop import new_event_loop
    except ImportError:  # it is not made for every platform
        return asyncio.new_event_loop()
    return new_event_loop()
