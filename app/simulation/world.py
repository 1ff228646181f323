"""What all simulated people share."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

import httpx
import msgspec

from app.client import Client, Frame, Login, Unknown, read_reply, send_json
from app.runtime.backoff import pauses
from app.simulation.behaviour import Behaviour
from app.simulation.statistics import Statistics

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 5.0
SOON_SECONDS = 60.0
"""How long a person tries to reach a server that does not answer."""
LOGINS_AT_A_TIME = 8


class World:
    """The API, the statistics, the people's behaviour, and the two steps in which a simulation ends."""

    def __init__(self, http: httpx.AsyncClient, statistics: Statistics, behaviour: Behaviour) -> None:
        self.http = http
        self.statistics = statistics
        self.behaviour = behaviour
        self.customers_stop = asyncio.Event()
        """The first step: customers finish what they do, and visit no more."""
        self.mitras_stop = asyncio.Event()
        """The second step: mitras go offline."""
        self.devices: list[Client] = []
        """Every device that was used, to count what it missed."""
        self._logins = asyncio.Semaphore(LOGINS_AT_A_TIME)

    async def log_in(self, path: str, body: object = None) -> Login:
        """Log in. Raises Refused, or Unknown when no answer came for a minute."""
        async with self._logins:
            return msgspec.convert(await self.patiently(lambda: self.ask("POST", path, body)), Login)

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """One request without a token; the reply's JSON. Raises Refused and Unknown."""
        return read_reply(await send_json(self.http, method, path, body))

    async def patiently(self, attempt: Callable[[], Awaitable[T]], seconds: float = SOON_SECONDS) -> T:
        """Try until an answer comes; after so many seconds raises Unknown. `attempt` must be safe to repeat."""
        give_up_at = time.monotonic() + seconds
        for pause in pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS):
            try:
                return await attempt()
            except Unknown:
                self.statistics.count("unknown")
                if time.monotonic() + pause > give_up_at:
                    raise
            await asyncio.sleep(pause)
        raise AssertionError("pauses never end")

    @contextlib.asynccontextmanager
    async def device(
        self,
        login: Login,
        on_frame: Callable[[Frame], None],
        *,
        after_seq: int | None,
        sessions: dict[str, int] | None = None,
    ) -> AsyncIterator[Client]:
        """A person's device, connected during the block. SignedOut is raised in an exception group."""

        def heard(frame: Frame) -> None:
            if "ts" in frame:
                self.statistics.arrived(frame)
            elif frame["type"] == "message":
                self.statistics.message(login.user.id, frame)
            on_frame(frame)

        client = Client(self.http, login, heard, after_seq=after_seq, sessions=sessions)
        self.devices.append(client)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(client.run())
            await client.ready.wait()
            yield client
            running.cancel()


async def until_cancelled() -> None:
    """Wait until this task is cancelled."""
    await asyncio.Event().wait()


async def first_of(seconds: float, *events: asyncio.Event) -> None:
    """Wait until one of the events is set, at most for so many seconds."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
