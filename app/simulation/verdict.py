"""Whether the promises were kept: nothing lost or repeated, no invariant violated, no mirror difference."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import psycopg

from app.client import Client, Refused, SignedOut, Unknown
from app.mirror.check import differences
from app.postgres.database import prepare_session, with_defaults
from app.settings import StoreSettings

CATCH_UP_SECONDS = 20.0
CATCH_UPS_AT_A_TIME = 32
MIRROR_SECONDS = 20.0
VIOLATIONS_SECONDS = 60.0
PAUSE_SECONDS = 0.5

Heard = Mapping[tuple[str, str], Sequence[int]]


@dataclass(frozen=True)
class Verdict:
    """The figures that must be zero."""

    events_lost: int
    messages_lost: int | None
    """Committed messages that a party with a device did not receive; None when the sessions could not be read."""
    messages_repeated: int | None
    """Messages that a party received twice."""
    devices_unreached: int
    violations: int | None
    """None when the database could not be asked."""
    differences: int | None
    """None when the mirror could not be compared."""

    @property
    def is_good(self) -> bool:
        """Whether everything is known and zero."""
        return not self.broken()

    def broken(self) -> dict[str, int | None]:
        """What is not known to be zero, by its name."""
        return {name: figure for name, figure in asdict(self).items() if figure != 0}


async def judge(
    settings: StoreSettings, present: Sequence[Client], used: Sequence[Client], heard: Heard, paid: set[str]
) -> Verdict:
    """Ask every device that is `present` what it missed, then check the database and the mirror.

    `used` are all devices there were. `heard` holds the numbers of the messages that each user received in each
    session. Only sessions that customers of this fleet `paid` for count: mitras also have sessions of earlier fleets.
    """
    unreached = await _catch_up(present)
    lost = sum(device.counters.lost for device in used)
    messages_lost, messages_repeated = await _messages(present, heard, paid)
    return Verdict(
        lost, messages_lost, messages_repeated, unreached, await _violations(settings), await _differences(settings)
    )


async def _catch_up(devices: Sequence[Client]) -> int:
    """Resume every device to the end of its stream. Returns how many could not be resumed."""
    at_a_time = asyncio.Semaphore(CATCH_UPS_AT_A_TIME)

    async def catch_up(device: Client) -> bool:
        async with at_a_time:
            return await device.catch_up(CATCH_UP_SECONDS)

    return (await asyncio.gather(*map(catch_up, devices))).count(False)


async def _messages(devices: Sequence[Client], heard: Heard, paid: set[str]) -> tuple[int | None, int | None]:
    """How many messages of paid sessions the devices' users never received, and how many they received twice."""
    at_a_time = asyncio.Semaphore(CATCH_UPS_AT_A_TIME)

    async def newest(device: Client) -> dict[tuple[str, str], int]:
        async with at_a_time:
            return {
                (device.login.user.id, session["id"]): session["last_seq"]
                async for session in device.own_sessions()
                if session["id"] in paid
            }

    try:
        written = [place for places in await asyncio.gather(*map(newest, devices)) for place in places.items()]
    except (Refused, Unknown, SignedOut):
        return None, None
    lost = sum(len({*range(1, last + 1)} - {*heard.get(place, ())}) for place, last in written)
    return lost, sum(len(heard.get(place, ())) - len({*heard.get(place, ())}) for place, _ in written)


async def _violations(settings: StoreSettings) -> int | None:
    try:
        dsn = with_defaults(settings.database_url, name="halobestie-verdict")
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
            await prepare_session(conn, statement_timeout=VIOLATIONS_SECONDS, prepare=settings.prepare)
            cursor = await conn.execute("SELECT count(*) FROM ops.invariant_violations")
            row = await cursor.fetchone()
            return row[0] if row is not None else None
    except psycopg.Error:
        return None


async def _differences(settings: StoreSettings) -> int | None:
    """How many differences remain after the mirror had time to follow the last changes."""
    deadline = time.monotonic() + MIRROR_SECONDS
    while True:
        try:
            count = len(await differences(settings))
        except psycopg.Error:
            return None
        if not count or time.monotonic() > deadline:
            return count
        await asyncio.sleep(PAUSE_SECONDS)
