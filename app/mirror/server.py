"""The way to the Valkey server that holds the mirror: one link that is kept open, tested, and replaced when it breaks.

The link is the circuit breaker. A request that is not answered in time closes it. While there is no link, every
question is refused at once instead of waiting for a time-out, and only a background task tries to connect again.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, Self

import structlog
from valkey.exceptions import ConnectionError as LostError
from valkey.exceptions import NoScriptError, ReadOnlyError, ResponseError

from app.mirror.keys import Keys
from app.mirror.scripts import Script, Scripts
from app.observability import metrics
from app.observability.faults import Series
from app.runtime.backoff import pauses
from app.settings import ValkeySettings
from app.valkey.answers import Away, Interrupted, NoAnswer, NotWhole, RefusedByValkey, Superseded
from app.valkey.endpoint import Endpoint
from app.valkey.link import Argument, Link

log = structlog.get_logger(__name__)

CONNECT_SECONDS = 1.0
"""How long each step of connecting may take; no request waits for it."""

FIRST_PAUSE_SECONDS = 0.05
LONGEST_PAUSE_SECONDS = 1.0
LONGEST_REST_SECONDS = 5.0
STEADY_SECONDS = 10.0
"""After a link that lived for less, the next link is made after a longer rest, and not every loss is logged."""

PROOF_SECONDS = 5.0
PROOF_TIMEOUT_SECONDS = 2.0
"""A half-open connection gives no error, only silence: it is asked every 5 s, and replaced after 2 s without answer."""

SCAN_COUNT = 1000

# The first words of errors: those that the scripts raise, and those of a server that does not hold the mirror any more.
_MEANINGS: dict[str, type[NoAnswer]] = {
    "NOTWHOLE": NotWhole,
    "SUPERSEDED": Superseded,
    "INTERRUPTED": Interrupted,
}
_ELSEWHERE = ("MOVED", "ASK", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN")


class Server:
    """Runs scripts on the server of the mirror. Raises NoAnswer where that is impossible."""

    def __init__(self, settings: ValkeySettings, *, name: str, timeout: float) -> None:
        """`timeout` seconds are the most a script may take; `name` is shown in CLIENT LIST."""
        self.keys = Keys.of(settings)
        self.scripts = Scripts(self.keys)
        self.on_up: list[Callable[[], None]] = []
        """Called after each new connection."""
        self._endpoint = Endpoint.parse(settings.valkey_url)
        self._name = name
        self._timeout = timeout
        self._link: Link | None = None
        self._tried = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, settings: ValkeySettings, *, name: str, timeout: float) -> Self:  # noqa: ASYNC109
        """Start to connect; returns when the first attempt has succeeded or failed."""
        server = cls(settings, name=name, timeout=timeout)
        server._keeper = asyncio.create_task(server._keep_connected(), name="valkey")
        await server._tried.wait()
        return server

    async def close(self) -> None:
        """Let go of the connection."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper

    @property
    def is_up(self) -> bool:
        """Whether Valkey can be asked."""
        return self._link is not None and self._link.is_open

    async def run(self, script: Script, *arguments: Argument) -> Any:  # each script has its own answer
        """Run a script; its first argument is always the run id of the server it runs on."""
        link = self._open_link()
        keys = ("1", self.keys.epoch, link.run_id)
        try:
            return await self._answer(link, script.name, "EVALSHA", script.sha, *keys, *arguments)
        except NoScriptError:
            return await self._answer(link, script.name, "EVAL", script.text, *keys, *arguments)

    async def command(self, *command: Argument) -> Any:
        """Run one command of Valkey's own."""
        return await self._answer(self._open_link(), str(command[0]), *command)

    async def scan(self, command: str, *arguments: Argument) -> AsyncIterator[list[bytes]]:
        """What SCAN (options) or SSCAN, HSCAN, ZSCAN (key, options) find, some at a time; an item may come twice."""
        key = () if command == "SCAN" else arguments[:1]
        options = arguments[len(key) :]
        cursor = b"0"
        while True:
            cursor, found = await self.command(command, *key, cursor, *options, "COUNT", SCAN_COUNT)
            if found:
                yield found
            if cursor == b"0":
                return

    def _open_link(self) -> Link:
        if self._link is None or not self._link.is_open:
            raise Away("not connected")
        return self._link

    async def _answer(self, link: Link, name: str, *command: Argument) -> Any:
        loop = asyncio.get_running_loop()
        answer = link.send(*command)
        # Two turns after the time: perhaps this program itself was late, and the answer is about to be read.
        timer = loop.call_later(self._timeout, loop.call_soon, loop.call_soon, _cut_off, link, answer, name)
        try:
            return await answer
        except (LostError, ReadOnlyError) as error:  # not there, loading, or not the primary any more
            link.close(str(error))
            raise Away(str(error)) from error
        except NoScriptError:
            raise
        except ResponseError as error:
            word = str(error).partition(" ")[0]
            if word in _ELSEWHERE:
                link.close(str(error))
                raise Away(str(error)) from error
            raise _MEANINGS.get(word, RefusedByValkey)(f"{name}: {error}") from error
        finally:
            timer.cancel()

    async def _keep_connected(self) -> None:
        away, losses = Series(log, "valkey_away", link=self._name), Series(log, "valkey_lost", link=self._name)
        waits, rests = _pauses(), pauses(FIRST_PAUSE_SECONDS, LONGEST_REST_SECONDS)
        metrics.valkey_up.labels(self._name).set(0)  # told also where Valkey was never there
        while True:
            try:
                link = await self._connect()
            except Exception as error:  # noqa: BLE001  # whatever it is, the next attempt comes
                self._tried.set()
                away.failed(error)
                await asyncio.sleep(next(waits))
                continue
            away.ended()
            waits = _pauses()
            connected_at = time.monotonic()
            if not losses.count:
                log.info("valkey_connected", link=self._name, run_id=link.run_id.decode())
            self._link = link
            self._tried.set()
            metrics.valkey_up.labels(self._name).set(1)
            try:
                for callback in self.on_up:
                    callback()
                await self._prove(link)
            finally:
                self._link = None
                metrics.valkey_up.labels(self._name).set(0)
                link.close()
            if time.monotonic() - connected_at >= STEADY_SECONDS:
                losses.ended()
                rests = pauses(FIRST_PAUSE_SECONDS, LONGEST_REST_SECONDS)
            losses.failed(LostError(link.closed.result()))
            # A server that takes connections but answers nothing in time must not be asked again without a pause.
            await asyncio.sleep(next(rests))

    async def _connect(self) -> Link:
        address = await self._endpoint.locate(self.keys.epoch, timeout=CONNECT_SECONDS)
        async with asyncio.timeout(CONNECT_SECONDS):
            return await Link.open(self._endpoint, address, name=self._name)

    async def _prove(self, link: Link) -> None:
        """Returns when the link is closed, or has been silent for too long."""
        while True:
            await asyncio.wait([link.closed], timeout=PROOF_SECONDS)
            if not link.is_open:
                return
            answer = link.send("PING")
            try:
                await asyncio.wait([answer], timeout=PROOF_TIMEOUT_SECONDS)
            except asyncio.CancelledError:
                answer.cancel()  # or else the end of the link would be an error that nobody reads
                raise
            if answer.cancel():  # True only when no answer had come
                link.close("PING was not answered in time")
                return
            if (error := answer.exception()) is not None:
                link.close(f"PING was answered with {error}")
                return


def _cut_off(link: Link, answer: asyncio.Future[Any], name: str) -> None:
    if not answer.done():
        link.close(f"{name} was not answered in time")


def _pauses() -> Iterator[float]:
    return pauses(FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)
