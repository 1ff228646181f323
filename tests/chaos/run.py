"""One run: a fleet uses a place while steps of a schedule break it; a report of what broke and how it came back."""

import asyncio
import io
import random
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import psycopg
from rich.console import Console

from app.client import Client, Frame, Login, Refused, Sent, SignedOut, Unknown
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
from tests.chaos.history import Delivered, Heard, History, Recording, Said
from tests.chaos.onlooker import Onlooker, Span
from tests.chaos.place import Place, a_place
from tests.chaos.schedule import PAIRS, Step, steps

MITRAS, CUSTOMERS = 12, 32
BUSY = replace(BRISK, customer_thinks=(0.3, 3), customer_pays=(0.1, 0.5), chats=(4, 14), writes=(0.5, 2.5))
"""People who do a lot: the more happens, the more can go wrong."""

CROWD = 1_000
"""Mitras who never work, so that there are many to mirror."""

REFRESHES = (20.0, 60.0)
"""After so many seconds a device changes its tokens, long before it has to."""

REFRESH_AGAIN_SECONDS = 1.0
"""After a change without an answer."""

UNHEARD_SECONDS = 12.0
"""After so long a device that is connected has heard every event that was there."""

COMES_BACK_SECONDS = 60.0
"""After so long a fault that has ended counts as one that nothing comes back from."""

TELLS_AFTER_SECONDS = 5.0
"""After so long the run tells what has not come back."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Taken:
    """A step that was taken: when it began, when it was mended, and when everything had come back."""

    name: str
    began: float
    mended: float
    back: float


@dataclass
class ChaosReport:
    """What a run showed."""

    seed: int
    onlooker: Onlooker
    ends: list[tuple[float, float]]
    """At which moment an app was asked to end, and after how many seconds it had ended."""
    taken: list[Taken] = field(default_factory=list)
    unconnected: list[Span] = field(default_factory=list)
    """When a device had no socket, or had not yet caught up."""
    seconds: float = 0.0
    """How long things were broken one after the other."""
    faults: Counter[str] = field(default_factory=Counter)
    came_back: dict[str, list[float]] = field(default_factory=dict)
    """By step, after how many seconds everything had come back."""
    late: list[str] = field(default_factory=list)
    """Steps that took longer to come back than their faults may."""
    not_made: list[str] = field(default_factory=list)
    """Steps with a fault that could not be made."""
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


class Connectedness(asyncio.Event):
    """Whether a device is connected; every time without a connection is noted."""

    def __init__(self, spans: list[Span]) -> None:
        super().__init__()
        self._spans = spans
        self._missed: Span | None = None
        self.since = 0.0

    def set(self) -> None:
        """From now on it is there."""
        super().set()
        self.since = time.monotonic()
        if self._missed is not None:
            self._missed.ended, self._missed = time.monotonic(), None

    def clear(self) -> None:
        """From now on it is missed."""
        super().clear()
        if self._missed is None:
            self._missed = Span(time.monotonic())
            self._spans.append(self._missed)


class RecordingWorld(World):
    """People whose acknowledged messages are written into the history, and whose devices change their tokens often."""

    def __init__(self, http: httpx.AsyncClient, report: ChaosReport) -> None:
        super().__init__(http, Statistics(), BUSY)
        self._report = report

    @asynccontextmanager
    async def device(self, login: Login, on_frame: Callable[[Frame], None], **kwargs: Any) -> AsyncIterator[Client]:
        """A person's device."""

        def hear(frame: Frame) -> None:
            if frame["type"] == "message":
                heard = Heard(frame["session_id"], frame["seq"], frame["sender_id"], frame["body"])
                self._report.history.heard.add(heard)
            on_frame(frame)

        async with super().device(login, hear, **kwargs) as client:
            object.__setattr__(client, "say", partial(self._say, client, client.say))
            object.__setattr__(client, "_receive", partial(self._receive, client, client._receive))
            client.ready = Connectedness(self._report.unconnected)
            client.ready.set()
            refreshing = asyncio.create_task(self._refresh(client))
            try:
                yield client
            finally:
                refreshing.cancel()

    async def _receive(self, client: Client, receive: Callable[[Frame], Awaitable[None]], frame: Frame) -> None:
        now = time.monotonic()
        match frame:
            case {"type": "message", "session_id": str(session_id), "seq": int(seq)}:
                self._report.history.arrived.setdefault((client.login.user.type, session_id, seq), now)
            case {"type": "message_delivered", "session_id": str(session_id), "party": str(party), "seq": int(seq)}:
                self._report.history.delivered.append(Delivered(session_id, party, seq, now))
        await receive(frame)

    async def _refresh(self, client: Client) -> None:
        """Change the tokens again and again; a login that ends thereby is a broken promise."""
        at_once = 0
        while True:
            await asyncio.sleep(REFRESH_AGAIN_SECONDS if at_once else BUSY.draw(REFRESHES))
            try:
                await client._requests.refresh(client.login.access_token)
                at_once = max(0, at_once - 1)
            except (Refused, Unknown):
                at_once = 2  # then the token that came at last is tried, too
            except SignedOut:
                self._report.violations.append(f"{client.login.user.type} {client.login.user.id} was signed out")
                return

    async def _say(self, client: Client, say: Callable[..., Any], session_id: str, body: str) -> Sent:
        sent: Sent = await say(session_id, body)
        self._report.history.said.append(
            Said(client.login.user.id, sent.session_id, sent.client_message_id, sent.seq, body)
        )
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
    crowd: int = CROWD,
    calm_seconds: float = 0.0,
    pairs: float = PAIRS,
    comes_back_seconds: float = COMES_BACK_SECONDS,
    patience: float = 1.0,
    most_violations: int = 20,
) -> ChaosReport:
    """Break one thing after the other until `is_enough`, and look for what is broken after each and at the end.

    The processes run this checkout, or another `source`. For the first `calm_seconds` nothing is broken. The run
    ends early after so many broken promises; where that is one, nothing more is looked for. With a `patience` of 2,
    everything may take twice as long as promised: for a machine that does much else.
    """
    dice = random.Random(seed)
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(a_place(family, directory, dice, crowd=crowd, source=source))
        place.patience = patience
        report = ChaosReport(seed, Onlooker(place.owner_url, place.valkey.url, place.crowd), place.ends)
        if (lags := await _come_back(place, COMES_BACK_SECONDS * patience, say)) is not None:
            report.violations.append(f"never healthy: {lags}")
            return report
        history = report.history
        public = await stack.enter_async_context(_http(f"http://127.0.0.1:{place.settings.public_port}", history))
        internal = await stack.enter_async_context(_http(f"http://127.0.0.1:{place.settings.internal_port}", None))
        world = RecordingWorld(public, report)
        await mitra_accounts.make_mitras(world, internal, MITRAS, lambda: None)
        mitras = [SimulatedMitra(world, mitra_accounts.phone(number), "000000") for number in range(MITRAS)]
        customers = [SimulatedCustomer(world) for _ in range(CUSTOMERS)]
        people: list[SimulatedMitra | SimulatedCustomer] = [*mitras, *customers]
        fleet = Fleet(world, mitras, customers)
        said = io.StringIO()
        stopped = asyncio.Event()
        living = asyncio.create_task(_live(fleet, place, said, stopped))
        report.onlooker.start()
        stack.callback(report.onlooker.stop)
        began = time.monotonic()
        try:
            await asyncio.sleep(calm_seconds)
            told = 0
            for step in steps(dice, catalogue, pairs):
                for violation in report.violations[told:]:
                    say(f"  BROKEN: {violation}")
                told = len(report.violations)
                report.seconds = time.monotonic() - began
                if is_enough(report) or living.done() or len(report.violations) >= most_violations:
                    break
                if not await _take(step, place, report, say, comes_back_seconds * patience):
                    break
                devices = [one.device for one in people if one.device is not None]
                unheard = await _unheard(place, devices, since=_deafened_at(report))
                report.violations += [f"{step.name}: {complaint}" for complaint in unheard]
                await asyncio.sleep(step.pause)
        finally:
            report.onlooker.stop()
            stopped.set()
        if report.violations and most_violations == 1:
            living.cancel()
            await asyncio.wait([living])
            return report
        if await living != 0:
            broken = fleet.verdict and fleet.verdict.broken()
            report.violations.append(f"the fleet's own verdict: {broken}")
        report.said = said.getvalue()
        report.refused = Counter(
            f"{one.path.rsplit('/', 1)[-1]} {one.status} {one.reply and one.reply.get('code')}"
            for one in history.operations
            if one.outcome == "refused" or one.status >= 500
        )
        report.violations += await asyncio.to_thread(_look_at_the_end, place, history)
    return report


async def _live(fleet: Fleet, place: Place, said: io.StringIO, stopped: asyncio.Event) -> int:
    return await fleet.run(place.settings, Console(file=said, width=100), None, stopped)


async def _take(step: Step, place: Place, report: ChaosReport, say: Say, comes_back_seconds: float) -> bool:
    """Break, mend, wait until everything has come back, and look; whether it came back."""
    began = time.monotonic()
    try:
        async with AsyncExitStack() as faults:
            for one in step.faults:
                await faults.enter_async_context(one.happens(place))
                report.faults[one.name] += 1  # a fault that can't be made counts for nothing
            await asyncio.sleep(step.seconds)
    except (psycopg.Error, OSError) as error:  # it could not be made beside the other; what was made is mended
        report.not_made.append(f"{step.name}: {error!r}")
    except Exception as error:  # noqa: BLE001  # told as every other broken promise
        report.violations.append(f"{step.name}: {error!r}")
    ended = time.monotonic()
    lags = await _come_back(place, comes_back_seconds, say)
    took = time.monotonic() - ended
    report.taken.append(Taken(step.name, began, ended, ended + took))
    report.came_back.setdefault(step.name, []).append(took)
    say(f"{step.name}: {step.seconds:.1f} s, back after {took:.1f} s")
    if lags is not None:
        report.violations.append(f"{step.name}: not within {comes_back_seconds:.0f} s: {lags}")
        return False
    if took > step.within:
        report.late.append(f"{step.name}: back after {took:.1f} s instead of {step.within:.0f}")
    report.violations += [
        f"{step.name}: {died}" for one in place.processes.values() if (died := one.died()) is not None
    ]
    report.violations += await asyncio.to_thread(_look, place, step.name)
    complaints, report.onlooker.complaints = report.onlooker.complaints, []
    report.violations += [f"{step.name}: {complaint}" for complaint in complaints]
    return True


def _deafened_at(report: ChaosReport) -> float:
    """When devices' connections were last made half-open; nobody knows whether the older ones still are."""
    return max((taken.began for taken in report.taken if "way_to_clients_deaf" in taken.name), default=0.0)


async def _unheard(place: Place, devices: Sequence[Client], *, since: float) -> list[str]:
    """Devices that are connected since then, stay connected, and do not hear an event that is there."""
    connected = {
        f"{one.login.user.type}:{one.login.user.id}": one
        for one in devices
        if one.ready.is_set() and isinstance(one.ready, Connectedness) and one.ready.since > since
    }

    def newest() -> dict[str, int]:
        with place.owner() as conn:
            query = "SELECT recipient, last_seq FROM core.event_streams WHERE recipient = ANY (%s)"
            return {row["recipient"]: row["last_seq"] for row in conn.execute(query, [[*connected]])}

    missing = await asyncio.to_thread(newest)
    give_up_at = time.monotonic() + UNHEARD_SECONDS * place.patience
    while True:
        missing = {
            name: seq
            for name, seq in missing.items()
            if connected[name].ready.is_set() and (connected[name].seq or 0) < seq
        }
        if not missing:
            return []
        if time.monotonic() > give_up_at:
            return await asyncio.to_thread(_tell_unheard, place, missing)
        await asyncio.sleep(0.1)


async def _come_back(place: Place, seconds: float, say: Say = lambda _: None) -> str | None:
    """Wait until everything is healthy, and tell what is waited for; all that is not healthy after so many seconds."""
    began, told = time.monotonic(), ""
    while (lags := await anext(place.what_lags(), None)) is not None:
        waited = time.monotonic() - began
        if waited > seconds:
            return "; ".join([lag async for lag in place.what_lags()]) or lags
        if waited > TELLS_AFTER_SECONDS and lags != told:
            say(f"  after {waited:.1f} s: {lags}")
            told = lags
        await asyncio.sleep(0.1)
    return None


def _tell_unheard(place: Place, missing: Mapping[str, int]) -> list[str]:
    """What was not heard, and how far it was dispatched."""
    with place.owner() as conn:
        query = "SELECT recipient, seq FROM core.event_positions WHERE recipient = ANY (%s)"
        dispatched = {row["recipient"]: row["seq"] for row in conn.execute(query, [[*missing]])}
    seconds = UNHEARD_SECONDS * place.patience
    return [
        f"{name} did not hear event {seq} in {seconds:.0f} s; dispatched is {dispatched.get(name)}"
        for name, seq in missing.items()
    ]


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
