"""The device under test, whichever program its client lives in; and the Python client as one, in this process."""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from typing import Protocol

import httpx
import pytest

from app.client import Client, Frame, Login, timing
from tests.support.sockets import WAIT_SECONDS
from tests.support.waiting import START_SECONDS

SECONDS = {"heartbeat": 0.2, "firstPause": 0.05, "longestPause": 0.5, "request": 2.0, "ack": 1.0, "look": 2.0}
"""How long things take in the clients under test, by TypeScript's names."""

PYTHON_SECONDS = {
    "HEARTBEAT_SECONDS": SECONDS["heartbeat"],
    "FIRST_PAUSE_SECONDS": SECONDS["firstPause"],
    "LONGEST_PAUSE_SECONDS": SECONDS["longestPause"],
    "ACK_SECONDS": SECONDS["ack"],
    "LOOK_SECONDS": SECONDS["look"],
}


class Device(ABC):
    """A client under test, and what it handed on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.frames: list[Frame] = []
        self.stored: list[str] = []
        """The access token of every login that it was given to store, and did store."""
        self.end: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        """Why its run ended; None when it was asked to."""

    @property
    def events(self) -> list[tuple[int, str]]:
        """Number and id of every stored event, as they were handed on."""
        return [(frame["seq"], frame["id"]) for frame in self.frames if "id" in frame]

    @property
    def messages(self) -> list[tuple[int, str]]:
        """Number and body of every message, as they were handed on."""
        return [(frame["seq"], frame["body"]) for frame in self.frames if frame["type"] == "message"]

    @abstractmethod
    async def say(self, session: str, body: str) -> None:
        """Send a message until it is committed."""

    @abstractmethod
    async def catch_up(self) -> bool:
        """Ask for whatever was missed; whether an answer came."""

    @abstractmethod
    async def token(self) -> str:
        """Its access token."""

    @abstractmethod
    async def ask_with_a_bad_token(self) -> None:
        """Ask for its profile after its access token went bad, of which its socket knows nothing."""

    @abstractmethod
    async def beat(self) -> None:
        """Begin to beat."""

    @abstractmethod
    async def connections(self) -> int:
        """How often it has connected."""

    @abstractmethod
    async def stop(self) -> None:
        """Ask its run to end."""


class Home(Protocol):
    """Where devices of one kind live."""

    async def open(self, name: str, login: Login, *, beating: bool = False, forgets: int = 0) -> Device:
        """A device that has caught up from its user's first event; it fails so many times to store new tokens."""


Living = Callable[[str], contextlib.AbstractAsyncContextManager[Home]]
"""How devices of one kind live before a server: `living("http://127.0.0.1:3000")`."""


class PythonDevice(Device):
    """The Python client, in this process."""

    def __init__(self, name: str, http: httpx.AsyncClient, login: Login, forgets: int) -> None:
        super().__init__(name)
        self._forgets = forgets
        self.client = Client(http, login, self.frames.append, on_login=self._store, after_seq=0)
        self._run = asyncio.create_task(self.client.run())
        self._run.add_done_callback(self._note_end)

    async def _store(self, login: Login) -> None:
        await asyncio.sleep(0.01)
        self._forgets -= 1
        if self._forgets >= 0:
            raise OSError("There is no room.")
        self.stored.append(login.access_token)

    def _note_end(self, run: asyncio.Task[None]) -> None:
        self.end.set_result(None if run.cancelled() else type(run.exception()).__name__)

    async def say(self, session: str, body: str) -> None:
        await self.client.say(session, body, seconds=START_SECONDS)  # the app is started meanwhile

    async def catch_up(self) -> bool:
        return await self.client.catch_up(WAIT_SECONDS)

    async def token(self) -> str:
        return self.client.login.access_token

    async def ask_with_a_bad_token(self) -> None:
        self.client.login.access_token = "bad"
        await self.client.request("GET", "/api/me")

    async def beat(self) -> None:
        self.client.beating = True

    async def connections(self) -> int:
        return self.client.counters.connections

    async def stop(self) -> None:
        self._run.cancel()


class PythonHome:
    """Where Python devices live: here."""

    def __init__(self, server: str, stack: contextlib.AsyncExitStack) -> None:
        self._server = server
        self._stack = stack

    async def open(self, name: str, login: Login, *, beating: bool = False, forgets: int = 0) -> Device:
        http = await self._stack.enter_async_context(httpx.AsyncClient(base_url=self._server, trust_env=False))
        device = PythonDevice(name, http, login, forgets)
        self._stack.push_async_callback(stop, device)
        device.client.beating = beating
        await asyncio.wait_for(device.client.ready.wait(), WAIT_SECONDS)
        return device


@contextlib.asynccontextmanager
async def python(server: str) -> AsyncIterator[Home]:
    """Devices in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for constant, seconds in PYTHON_SECONDS.items():
            patch.setattr(timing, constant, seconds)
        async with contextlib.AsyncExitStack() as stack:
            yield PythonHome(server, stack)


async def stop(device: Device) -> None:
    """End a device's run, if it has not ended; only for this reason, then."""
    if not device.end.done():
        await device.stop()
        assert await asyncio.wait_for(device.end, WAIT_SECONDS) is None
