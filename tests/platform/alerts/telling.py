"""Which alerts a cause is for, and what causes have in common."""

import contextlib
from collections.abc import AsyncIterator, Callable
from typing import LiteralString

import httpx
from websockets.asyncio.client import connect

from tests.platform.alerts.place import OurProcess, WatchedPlace
from tests.support.http_apps import client_of
from tests.support.market import Person
from tests.support.sockets import Socket

Cause = Callable[[WatchedPlace], contextlib.AbstractAsyncContextManager[None]]

TOLD: dict[Cause, tuple[str, ...]] = {}
"""The alerts that each cause is for."""


def fires(*alerts: str) -> Callable[[Callable[[WatchedPlace], AsyncIterator[None]]], Cause]:
    """Make a cause of what breaks something, waits in a block, and mends it."""

    def cause_of(broken: Callable[[WatchedPlace], AsyncIterator[None]]) -> Cause:
        cause = contextlib.asynccontextmanager(broken)
        TOLD[cause] = alerts
        return cause

    return cause_of


@contextlib.asynccontextmanager
async def socket_of(person: Person, process: OurProcess) -> AsyncIterator[Socket]:
    """A device that is connected, and has not said yet what it has."""
    token = person.headers["Authorization"].removeprefix("Bearer ")
    address = f"ws://127.0.0.1:{process.url_port}/ws"
    options = {"subprotocols": ["halobestie.v1", f"bearer.{token}"], "compression": None, "proxy": None}
    async with connect(address, close_timeout=1, ping_interval=None, **options) as connection:  # type: ignore[arg-type]
        device = Socket(connection)
        await device.until("ready")
        yield device


async def resume(device: Socket) -> None:
    """Get what was missed."""
    await device.send(type="resume", after_seq=0)
    await device.until("resumed")


async def ask(process: OurProcess, method: str, path: str, person: Person | None = None, **body: object) -> int:
    """The status of an answer; 0 without an answer."""
    async with client_of(process.url_port, timeout=10.0) as http:
        headers = person.headers if person else {}
        try:
            return (await http.request(method, path, headers=headers, json=body or None)).status_code
        except httpx.TransportError:
            return 0


def one(place: WatchedPlace, statement: LiteralString, *values: object) -> None:
    """Change one row, by hand."""
    assert place.owner.execute(statement, values).rowcount == 1, statement
