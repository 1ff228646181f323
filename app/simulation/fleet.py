"""The whole fleet: made, started, ended, and judged."""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
from rich.console import Console
from rich.progress import Progress

from app.client import Refused, Unknown
from app.simulation import board, mitra_accounts
from app.simulation.behaviour import BRISK, CALM
from app.simulation.customer import SimulatedCustomer
from app.simulation.mitra import SimulatedMitra
from app.simulation.settings import SimulationSettings
from app.simulation.statistics import Statistics
from app.simulation.verdict import Verdict, judge
from app.simulation.world import World

CONNECTIONS = 12
KEEP_ALIVE_SECONDS = 30.0
"""Shorter than the servers' own time; otherwise a server may close a connection at the moment of its next use."""

LEAVE_SECONDS = 60.0
HURRIED_LEAVE_SECONDS = 4.0

NOT_STARTED = 2


async def simulate(
    settings: SimulationSettings,
    *,
    mitras: int,
    customers: int,
    seconds: float | None,
    console: Console | None = None,
) -> int:
    """Drive the apps of this machine with so many mitras and customers, for so many seconds (None = without end).

    Shows what happens on `console` (standard output). At the end all finish, and the promises are checked: no event or
    message lost, no message repeated, no invariant violated, no difference between the mirror and PostgreSQL. Ctrl-C
    ends it earlier, with the same checks. SIGTERM ends it without checks: `halobestie run` then ends the apps, too.
    Returns the exit code: 0 when all figures are zero or on SIGTERM, 1 when not, 2 when the mitras could not be made.
    """
    console = console or Console()
    async with (
        _http(f"http://127.0.0.1:{settings.public_port}") as public,
        _http(f"http://127.0.0.1:{settings.internal_port}") as internal,
    ):
        world = World(public, Statistics(), CALM if seconds is None else BRISK)
        if not await _make_mitras(console, world, internal, mitras):
            return NOT_STARTED
        fleet = Fleet(
            world,
            [SimulatedMitra(world, mitra_accounts.phone(number), settings.otp_fixed_code) for number in range(mitras)],
            [SimulatedCustomer(world) for _ in range(customers)],
        )
        return await fleet.run(settings, console, seconds)


class Fleet:
    """All mitras and customers of a simulation."""

    def __init__(self, world: World, mitras: Sequence[SimulatedMitra], customers: Sequence[SimulatedCustomer]) -> None:
        self._world = world
        self._mitras = mitras
        self._customers = customers
        self._everyone: Sequence[SimulatedMitra | SimulatedCustomer] = (*mitras, *customers)
        self.verdict: Verdict | None = None
        """What was found at the end; None before it, and when nobody looked."""

    async def run(
        self, settings: SimulationSettings, console: Console, seconds: float | None, end: asyncio.Event | None = None
    ) -> int:
        """Run all of them until the time is over, `end` is set or a signal asks to stop. Returns the exit code."""
        started = time.monotonic()
        lives = [asyncio.create_task(person.live()) for person in self._everyone]
        watching = asyncio.create_task(board.watch(console, self._world, self._headcount()))
        try:
            with _told_to_stop() as told:
                ending = [] if end is None else [asyncio.create_task(end.wait())]
                await _until(told, lives, seconds, ending)
            lived = time.monotonic() - started
            if told.done() and told.result() == signal.SIGTERM:
                await self._stop_all(HURRIED_LEAVE_SECONDS, together=True)
            else:
                await self._stop_all(LEAVE_SECONDS, together=False)
                self.verdict = await self._judge(settings)
        finally:
            for task in (watching, *lives):
                task.cancel()
            await asyncio.gather(watching, *lives, return_exceptions=True)
        board.summary(console, self._world, self.verdict, lived)
        return 0 if self.verdict is None or self.verdict.is_good else 1

    def _headcount(self) -> str:
        return f"{len(self._mitras)} mitras, {len(self._customers)} customers; Ctrl-C ends it"

    async def _stop_all(self, seconds: float, *, together: bool) -> None:
        """Customers finish and leave, then mitras go offline; nobody is waited for beyond `seconds`."""
        self._world.customers_stop.set()
        for customer in self._customers:
            customer.ask_to_stop()
        if together:
            self._world.mitras_stop.set()
        await _all_set([customer.stopped for customer in self._customers], seconds)
        self._world.mitras_stop.set()
        await _all_set([mitra.stopped for mitra in self._mitras], seconds)

    async def _judge(self, settings: SimulationSettings) -> Verdict:
        present = [person.device for person in self._everyone if person.device is not None]
        statistics = self._world.statistics
        return await judge(settings, present, self._world.devices, statistics.heard, statistics.paid_sessions())


def _http(address: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=address,
        timeout=httpx.Timeout(10, connect=3, pool=30),
        limits=httpx.Limits(
            max_connections=CONNECTIONS,
            max_keepalive_connections=CONNECTIONS,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        ),
        trust_env=False,
    )


async def _make_mitras(console: Console, world: World, internal: httpx.AsyncClient, mitras: int) -> bool:
    complaint = None
    try:
        with Progress(console=console, transient=True) as progress:
            making = progress.add_task("making mitras", total=mitras)
            await mitra_accounts.make_mitras(world, internal, mitras, lambda: progress.advance(making))
    except* Refused as refusals:
        complaint = f"The control centre refused: {refusals.exceptions[0]} The demo login comes from `seed-demo`."
    except* Unknown as silences:
        complaint = f"The control centre does not answer: {silences.exceptions[0]}. `make run` starts everything."
    if complaint is not None:
        console.print(complaint, style="red", markup=False)
    return complaint is None


async def _until(
    told: asyncio.Future[signal.Signals],
    lives: Sequence[asyncio.Task[None]],
    seconds: float | None,
    ending: Sequence[asyncio.Task[Any]],
) -> None:
    """Wait until the time is over or something asks to stop. Raises the fault of a person whose task ends earlier."""
    awaited: list[asyncio.Future[Any]] = [told, *ending, *lives]
    await asyncio.wait(awaited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for life in lives:
        if life.done():
            life.result()


async def _all_set(events: Sequence[asyncio.Event], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            for event in events:
                await event.wait()


@contextlib.contextmanager
def _told_to_stop() -> Iterator[asyncio.Future[signal.Signals]]:
    """The first SIGINT or SIGTERM that arrives during the block."""
    loop = asyncio.get_running_loop()
    told: asyncio.Future[signal.Signals] = loop.create_future()

    def tell(number: signal.Signals) -> None:
        if not told.done():
            told.set_result(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, tell, number)
    try:
        yield told
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
