"""One run: a fleet uses a place while steps of a schedule break it; a report of what broke and how it came back."""

import asyncio
import io
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
from rich.console import Console

from app.client import Client, Sent
from app.development.processes import Family
from app.simulation import mitra_accounts
from app.simulation.behaviour import BRISK
from app.simulation.customer import SimulatedCustomer
from app.simulation.fleet import CONNECTIONS, Fleet
from app.simulation.mitra import SimulatedMitra
from app.simulation.statistics import Statistics
from app.simulation.world import World
from tests.chaos.checks import at_the_end, sampled
from tests.chaos.faults import FaultKind
from tests.chaos.history import History, Recording, Said
from tests.chaos.place import Place, a_place
from tests.chaos.schedule import Step, steps

MITRAS, CUSTOMERS = 12, 30
COMES_BACK_SECONDS = 60.0
"""After so long a fault that has ended counts as one that nothing comes back from."""

TELLS_AFTER_SECONDS = 5.0
"""After so long the run tells what has not come back."""

Say = Callable[[str], None]


@dataclass
class ChaosReport:
    """What a run showed."""

    seed: int
    seconds: float = 0.0
    """How long things were broken one after the other."""
    faults: Counter[str] = field(default_factory=Counter)
    came_back: dict[str, list[float]] = field(default_factory=dict)
    """By step, after how many seconds everything had come back."""
    late: list[str] = field(default_factory=list)
    """Steps that took longer to come back than their faults may."""
    violations: list[str] = field(default_factory=list)
    history: History = field(default_factory=History)
    refused: Counter[str] = field(default_factory=Counter)
    """How often what was refused with which code."""
    said: str = ""
    """What the fleet said at its end."""

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept; how soon everything came back is told apart, since a busy machine is late."""
        return not self.violations


class RecordingWorld(World):
    """People whose acknowledged messages are written into the history."""

    def __init__(self, http: httpx.AsyncClient, history: History) -> None:
        super().__init__(http, Statistics(), BRISK)
        self._history = history

    @asynccontextmanager
    async def device(self, *args: Any, **kwargs: Any) -> AsyncIterator[Client]:
        """A person's device."""
        async with super().device(*args, **kwargs) as client:
            object.__setattr__(client, "say", partial(self._say, client, client.say))
            yield client

    async def _say(self, client: Client, say: Callable[..., Any], session_id: str, body: str) -> Sent:
        sent: Sent = await say(session_id, body)
        self._history.said.append(Said(client.login.user.id, sent.session_id, sent.client_message_id, sent.seq, body))
        return sent


async def run(
    family: Family,
    directory: Path,
    *,
    seed: int,
    catalogue: Sequence[FaultKind],
    is_enough: Callable[[ChaosReport], bool],
    say: Say = print,
    source: Path | None = None,
) -> ChaosReport:
    """Break one thing after the other until `is_enough`, and look for what is broken after each and at the end.

    The processes run this checkout, or another `source`.
    """
    dice = random.Random(seed)
    report = ChaosReport(seed)
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(a_place(family, directory, dice, source))
        if (lags := await _come_back(place, COMES_BACK_SECONDS, say)) is not None:
            report.violations.append(f"never healthy: {lags}")
            return report
        history = report.history
        public = await stack.enter_async_context(_http(f"http://127.0.0.1:{place.settings.public_port}", history))
        internal = await stack.enter_async_context(_http(f"http://127.0.0.1:{place.settings.internal_port}", None))
        world = RecordingWorld(public, history)
        await mitra_accounts.make_mitras(world, internal, MITRAS, lambda: None)
        fleet = Fleet(
            world,
            [SimulatedMitra(world, mitra_accounts.phone(number), "000000") for number in range(MITRAS)],
            [SimulatedCustomer(world) for _ in range(CUSTOMERS)],
        )
        said = io.StringIO()
        stopped = asyncio.Event()
        living = asyncio.create_task(_live(fleet, place, said, stopped))
        began = time.monotonic()
        try:
            for step in steps(dice, catalogue):
                report.seconds = time.monotonic() - began
                if is_enough(report) or report.violations or living.done():
                    break
                await _take(step, place, report, say)
        finally:
            stopped.set()
        if await living != 0:
            report.violations.append("the fleet's own verdict")
        report.said = said.getvalue()
        report.refused = Counter(
            f"{one.path.rsplit('/', 1)[-1]} {one.status} {one.reply and one.reply.get('code')}"
            for one in history.operations
            if one.outcome == "refused"
        )
        report.violations += await asyncio.to_thread(_look_at_the_end, place, history)
    return report


async def _live(fleet: Fleet, place: Place, said: io.StringIO, stopped: asyncio.Event) -> int:
    return await fleet.run(place.settings, Console(file=said, width=100), None, stopped)


async def _take(step: Step, place: Place, report: ChaosReport, say: Say) -> None:
    """Break, mend, wait until everything has come back, and look."""
    report.faults.update(one.name for one in step.faults)
    try:
        async with AsyncExitStack() as faults:
            for one in step.faults:
                await faults.enter_async_context(one.happens(place))
            await asyncio.sleep(step.seconds)
    except Exception as error:  # noqa: BLE001  # a fault that can't be made is told, and the run ends
        report.violations.append(f"{step.name}: {error!r}")
        return
    ended = time.monotonic()
    lags = await _come_back(place, COMES_BACK_SECONDS, say)
    took = time.monotonic() - ended
    report.came_back.setdefault(step.name, []).append(took)
    say(f"{step.name}: {step.seconds:.1f} s, back after {took:.1f} s")
    if lags is not None:
        report.violations.append(f"{step.name}: did not come back in {COMES_BACK_SECONDS:.0f} s: {lags}")
    elif took > step.within:
        report.late.append(f"{step.name}: back after {took:.1f} s instead of {step.within:.0f}")
    report.violations += [
        f"{step.name}: {died}" for one in place.processes.values() if (died := one.died()) is not None
    ]
    report.violations += await asyncio.to_thread(_look, place, step.name)
    await asyncio.sleep(step.pause)


async def _come_back(place: Place, seconds: float, say: Say = lambda _: None) -> str | None:
    """Wait until everything is healthy, and tell what is waited for; what is not healthy after so many seconds."""
    began, told = time.monotonic(), ""
    while (lags := await place.what_lags()) is not None:
        waited = time.monotonic() - began
        if waited > seconds:
            return lags
        if waited > TELLS_AFTER_SECONDS and lags != told:
            say(f"  after {waited:.1f} s: {lags}")
            told = lags
        await asyncio.sleep(0.1)
    return None


def _look(place: Place, what: str) -> list[str]:
    with place.owner() as conn:
        return [f"{what}: {complaint}" for complaint in sampled(conn)]


def _look_at_the_end(place: Place, history: History) -> list[str]:
    try:
        with place.owner() as conn:
            return [*at_the_end(history, conn)]
    except psycopg.Error as error:
        return [f"the database could not be asked: {error}"]


def _http(address: str, history: History | None) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=30)
    carrier = httpx.AsyncHTTPTransport(limits=limits, trust_env=False)
    return httpx.AsyncClient(
        base_url=address,
        transport=carrier if history is None else Recording(history, carrier),
        timeout=httpx.Timeout(10, connect=3, pool=30),
        trust_env=False,
    )
