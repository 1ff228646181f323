"""Heartbeats over WebSockets, and pongs that count as one, against heartbeats over HTTP."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import cast
from uuid import UUID, uuid4

import valkey
from anyio.from_thread import start_blocking_portal

from app.auth.tokens import Tokens
from app.wire.connection_limits import raise_file_limit
from app.wire.socket_limits import PONG_BEAT_SECONDS
from app.wire.socket_protocol import PING_NUMBER
from bench.device import PONG, TEXT, Device, frame, open_all
from bench.http_load import BUSY, http_load
from bench.row import PROCESSOR, RATE, Outcome, Run, Sample, in_turn, ratio
from bench.stage import SECRET, Stage, stage

WHAT = "heartbeat, WebSocket"
WORKLOAD = (
    "2,000 sockets of as many mitras on one process on one core: heartbeat frames at the rate that keeps it 85 % busy;"
    " a pong of every socket at once, when it counts as a beat again (15 s). HTTP: 64 connections, the same mitras."
)

SOCKETS = 2_000
FRAME = frame(TEXT, b'{"type": "heartbeat"}')
PONG_FRAME = frame(PONG, PING_NUMBER.pack(0))
PATH = "/api/mitra/status/heartbeat"
PER_CORE = "per second of a core"
TICK_SECONDS = 0.005
FIRST_RATE, BUSY_ENOUGH = 4_000.0, 0.85
LATE_SECONDS = 20.0
HTTP, FRAMES, PONGS = "HTTP", "heartbeat frames", "pongs"


class Sockets:
    """The sockets of all mitras."""

    def __init__(self, on: Stage, mitras: Sequence[UUID], tokens: Sequence[str]) -> None:
        self._on = on
        self._tokens = tokens
        self._keys = [f"mitra:heartbeat:{mitra}" for mitra in mitras]
        self._devices: list[Device] = []
        self._valkey = valkey.Valkey.from_url(on.valkey_url, decode_responses=True)
        self._rate = FIRST_RATE
        self._count_at = 0.0

    async def open(self, port: int) -> None:
        """Open them all."""
        self._devices = await open_all(port, self._tokens)
        self._count_at = time.monotonic() + PONG_BEAT_SECONDS

    async def find_rate(self) -> None:
        """Find the rate of frames that keeps the server busy, but not too busy to keep up."""
        for _ in range(3):
            busy = (await self.frames(2))[BUSY]
            self._rate = min(20.0 * len(self._devices), self._rate * BUSY_ENOUGH / busy)

    async def frames(self, seconds: float) -> Sample:
        """Send heartbeats at the rate, each socket in its turn."""
        began, sent, cpu = time.monotonic(), 0, self._used()
        while (now := time.monotonic()) < began + seconds:
            while sent < (now - began) * self._rate:
                self._devices[sent % len(self._devices)].transport.write(FRAME)
                sent += 1
            await asyncio.sleep(TICK_SECONDS)
        took = time.monotonic() - began
        await self._recorded(timedelta(seconds=len(self._devices) / self._rate + 2 * TICK_SECONDS), self._keys)
        return _sample(sent, took, self._used() - cpu)

    async def pongs(self) -> Sample:
        """Send a pong on every socket but the first, when it counts as a beat; what idle sockets use is left out."""
        await asyncio.sleep(max(0.0, self._count_at - time.monotonic()))
        scout, *others = self._devices
        scout.transport.write(PONG_FRAME)  # the server asks how old a heartbeat may be; the first pong waits for it
        await asyncio.sleep(0.5)
        cpu = self._used()
        await asyncio.sleep(1)
        idle = self._used() - cpu
        began = time.monotonic()
        for number, device in enumerate(others):
            device.transport.write(PONG_FRAME)
            if number % 100 == 0:
                await asyncio.sleep(0)
        took = time.monotonic() - began
        self._count_at = time.monotonic() + PONG_BEAT_SECONDS + 0.5
        await self._recorded(timedelta(seconds=took), self._keys[1:])
        used = self._used() - cpu - idle * (time.monotonic() - began + 1)
        return _sample(len(others), took, used)

    def _used(self) -> float:
        return self._on.processor_seconds()["api"]

    async def _recorded(self, ago: timedelta, keys: Sequence[str]) -> None:
        """Wait until the heartbeat of each of these mitras is of this moment, or at most so old."""
        since, give_up_at = datetime.now(UTC) - ago, time.monotonic() + LATE_SECONDS
        while missing := self._older(since, keys):
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"the beats of {missing} of {len(keys)} sockets were not recorded")
            await asyncio.sleep(0.05)

    def _older(self, since: datetime, keys: Sequence[str]) -> int:
        beats = cast("list[str | None]", self._valkey.mget(list(keys)))
        return sum(beat is None or datetime.fromisoformat(beat) < since for beat in beats)


def _sample(sent: int, took: float, used: float) -> Sample:
    return {RATE: sent / took, PROCESSOR: used / sent * 1e6, PER_CORE: sent / used, BUSY: used / took}


def measure(run: Run) -> Outcome:
    raise_file_limit()
    with ExitStack() as stack:
        on = stack.enter_context(stage(pinned=True))
        issuer = Tokens(SECRET)
        mitras = stack.enter_context(on.fleet(SOCKETS))
        tokens = [issuer.issue("mitra", mitra, uuid4()) for mitra in mitras]
        load = stack.enter_context(http_load(run, on, tokens=tokens))
        port = stack.enter_context(on.api())
        loop = stack.enter_context(start_blocking_portal(backend_options={"use_uvloop": True}))
        sockets = Sockets(on, mitras, tokens)
        loop.call(sockets.open, port)
        load.warm(port, PATH, method="POST")
        loop.call(sockets.find_rate)

        def http() -> Sample:
            sample = load.sample("api", port, PATH, method="POST")
            return {**sample, PER_CORE: 1e6 / sample[PROCESSOR]}

        contenders: dict[str, Callable[[], Sample]] = {
            HTTP: http,
            FRAMES: partial(loop.call, sockets.frames, run.seconds),
            PONGS: partial(loop.call, sockets.pongs),
        }
        samples = in_turn(run, contenders)
    targets = [
        ratio("frames ÷ HTTP heartbeats, per core", samples[FRAMES], samples[HTTP], PER_CORE, at_least=1.5),
        ratio("pongs ÷ HTTP heartbeats, per core", samples[PONGS], samples[HTTP], PER_CORE, at_least=2.4),
    ]
    return Outcome(targets, samples, drawn=PER_CORE)
