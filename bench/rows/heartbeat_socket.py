"""Heartbeats over WebSockets, and pongs that count as one, against heartbeats over HTTP."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import cast
from uuid import UUID, uuid4

import valkey
from anyio.from_thread import start_blocking_portal

from app.auth.tokens import Tokens
from app.wire.connection_limits import raise_file_limit
from app.wire.socket_limits import PING_INTERVAL_SECONDS, PONG_BEAT_SECONDS
from app.wire.socket_protocol import PING_NUMBER
from bench.device import PONG, TEXT, Device, frame, open_all
from bench.http_load import BUSY, http_load
from bench.row import PER_CORE, PROCESSOR, RATE, Outcome, Run, Sample, in_turn, ratio
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
TICK_SECONDS = 0.005
FIRST_RATE, BUSY_ENOUGH = 4_000.0, 0.85
LATE_SECONDS = 20.0
MARGIN_SECONDS = 0.5
PONGS_SECONDS = 3.0
"""How long a round of pongs may take."""
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
        self._beat_at = [datetime.min.replace(tzinfo=UTC)] * len(mitras)
        """When each socket sent its last beat, at the earliest."""
        self._pongs_at = 0.0
        """When the last pongs were sent that should count."""

    async def open(self, port: int) -> None:
        """Open them all."""
        self._devices = await open_all(port, self._tokens)
        self._pongs_at = time.monotonic()

    async def find_rate(self) -> None:
        """Find the rate of frames that keeps the server busy, but not too busy to keep up."""
        for _ in range(3):
            busy = (await self.frames(2))[BUSY]
            self._rate = min(20.0 * len(self._devices), self._rate * BUSY_ENOUGH / busy)

    async def frames(self, seconds: float) -> Sample:
        """Send heartbeats at the rate, each socket in its turn."""
        began, sent, cpu = time.monotonic(), 0, self._used()
        while (now := time.monotonic()) < began + seconds:
            moment = _now()
            while sent < (now - began) * self._rate:
                number = sent % len(self._devices)
                self._beat_at[number] = moment
                self._devices[number].transport.write(FRAME)
                sent += 1
            await asyncio.sleep(TICK_SECONDS)
        took = time.monotonic() - began
        await self._recorded()
        return _sample(sent, took, self._used() - cpu)

    async def pongs(self) -> Sample:
        """Send a pong on every socket but the first, when it counts as a beat; what idle sockets use is left out."""
        while not self._all_pongs_count():  # noqa: ASYNC110
            await asyncio.sleep(0.1)  # for a time, and no event tells of it
        scout, *others = self._devices
        scout.transport.write(PONG_FRAME)  # the server asks how old a heartbeat may be; the first pong waits for it
        await asyncio.sleep(0.5)
        cpu = self._used()
        await asyncio.sleep(1)
        idle = self._used() - cpu
        began = time.monotonic()
        for number, device in enumerate(others, 1):
            self._beat_at[number] = _now()
            device.transport.write(PONG_FRAME)
            if number % 100 == 0:
                await asyncio.sleep(0)
        self._pongs_at = time.monotonic()
        took = self._pongs_at - began
        await self._recorded()
        used = self._used() - cpu - idle * (time.monotonic() - began + 1)
        return _sample(len(others), took, used)

    def _used(self) -> float:
        return self._on.processor_seconds()["api"]

    def _all_pongs_count(self) -> bool:
        """Whether the pongs of this and the next seconds count as beats.

        They don't so soon after others: ours, and those with which each socket answered the server's own last ping.
        """
        pinged_at = [device.pinged_at for device in self._devices]
        counts_from = max(self._pongs_at, *pinged_at) + PONG_BEAT_SECONDS + MARGIN_SECONDS
        next_ping_at = min(pinged_at) + PING_INTERVAL_SECONDS
        return counts_from <= time.monotonic() <= next_ping_at - PONGS_SECONDS

    async def _recorded(self) -> None:
        """Wait until the heartbeat of each mitra is none from before its socket's last beat."""
        give_up_at = time.monotonic() + LATE_SECONDS
        while missing := self._missing():
            if time.monotonic() > give_up_at:
                raise RuntimeError(f"the beats of {missing} of {len(self._keys)} sockets were not recorded")
            await asyncio.sleep(0.05)

    def _missing(self) -> int:
        beats = cast("list[str | None]", self._valkey.mget(self._keys))
        told = zip(beats, self._beat_at, strict=True)
        return sum(beat is None or datetime.fromisoformat(beat) < beat_at for beat, beat_at in told)


def _now() -> datetime:
    """The present moment, in whole milliseconds, as Valkey writes a heartbeat."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


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

        contenders: dict[str, Callable[[], Sample]] = {
            HTTP: partial(load.sample, "api", port, PATH, method="POST"),
            FRAMES: partial(loop.call, sockets.frames, run.seconds),
            PONGS: partial(loop.call, sockets.pongs),
        }
        samples = in_turn(run, contenders)
    targets = [
        ratio("frames ÷ HTTP heartbeats, per core", samples[FRAMES], samples[HTTP], PER_CORE, at_least=1.5),
        ratio("pongs ÷ HTTP heartbeats, per core", samples[PONGS], samples[HTTP], PER_CORE, at_least=2.4),
    ]
    return Outcome(targets, samples, drawn=PER_CORE)
