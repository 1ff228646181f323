"""Whether a simulation's promises were kept: nothing lost, nothing impossible, nothing different."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from app.client import Client
from app.mirror.check import differences
from app.settings import StoreSettings

CATCH_UP_SECONDS = 20.0
CATCH_UPS_AT_A_TIME = 32
MIRROR_SECONDS = 20.0
PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Verdict:
    """The three figures that must be zero, and how many devices could not be asked."""

    events_lost: int
    devices_unreached: int
    violations: int | None
    """None when the database could not be asked."""
    differences: int | None
    """None when the mirror could not be compared."""

    @property
    def is_good(self) -> bool:
        """Whether everything is known and zero."""
        return (self.events_lost, self.devices_unreached, self.violations, self.differences) == (0, 0, 0, 0)


async def judge(settings: StoreSettings, present: Sequence[Client], used: Sequence[Client]) -> Verdict:
    """Ask every device that is present what it missed, and the database and the mirror whether they are sound."""
    unreached = await _catch_up(present)
    lost = sum(device.counters.lost for device in used)
    return Verdict(lost, unreached, await _violations(settings), await _differences(settings))


async def _catch_up(devices: Sequence[Client]) -> int:
    """Resume every device to the end of its stream; how many could not be."""
    at_a_time = asyncio.Semaphore(CATCH_UPS_AT_A_TIME)

    async def catch_up(device: Client) -> bool:
        async with at_a_time:
            return await device.catch_up(CATCH_UP_SECONDS)

    return (await asyncio.gather(*map(catch_up, devices))).count(False)


async def _violations(settings: StoreSettings) -> int | None:
    try:
        async with await psycopg.AsyncConnection.connect(settings.database_url, connect_timeout=5) as conn:
            cursor = await conn.execute("SELECT count(*) FROM ops.invariant_violations")
            row = await cursor.fetchone()
            return row[0] if row is not None else None
    except psycopg.Error:
        return None


async def _differences(settings: StoreSettings) -> int | None:
    """How many remain once the mirror had time to follow the last changes."""
    deadline = time.monotonic() + MIRROR_SECONDS
    while True:
        try:
            found = len(await differences(settings))
        except psycopg.Error:
            return None
        if not found or time.monotonic() > deadline:
            return found
        await asyncio.sleep(PAUSE_SECONDS)
