"""One pipelined connection to one Valkey server.

Requests are written as they come, and are answered in the same order, so one connection carries any number of questions
at once. The connection knows the `run_id` of its server: after a restart or a failover another connection, with another
`run_id`, takes its place.
"""

import asyncio
from collections import deque
from typing import Any, Self, cast

import libvalkey
from valkey._parsers import BaseParser
from valkey.exceptions import ConnectionError as LostError
from valkey.exceptions import InvalidResponse, ValkeyError

from app.valkey.endpoint import Address, Endpoint

_INCOMPLETE = object()

Argument = str | bytes | int | float


class Link(asyncio.Protocol):
    """A connection that is open from `open` until `closed` is done; it never reconnects."""

    run_id = b""

    def __init__(self) -> None:
        self._reader = libvalkey.Reader(
            protocolError=InvalidResponse, replyError=BaseParser.parse_error, notEnoughData=_INCOMPLETE
        )
        self._waiting: deque[asyncio.Future[Any]] = deque()
        self._transport: asyncio.Transport | None = None
        self._loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[str] = self._loop.create_future()
        """Done when the connection has ended; its result says why."""

    @classmethod
    async def open(cls, endpoint: Endpoint, address: Address, *, name: str) -> Self:
        """Connect, sign in and learn the server's run id. Raises ValkeyError or OSError."""
        loop = asyncio.get_running_loop()
        tls = endpoint.tls_context()
        _, link = await loop.create_connection(cls, address.host, address.port, ssl=tls)
        try:
            await link.greet(endpoint.options, name)
        except BaseException:
            link.close()
            raise
        return link

    async def greet(self, options: dict[str, Any], name: str) -> None:
        """Sign in, choose the database, and learn the server's run id."""
        if "password" in options:
            await self.send("AUTH", *filter(None, (options.get("username"), options["password"])))
        if options.get("db"):
            await self.send("SELECT", options["db"])
        await self.send("CLIENT", "SETNAME", name)
        info: bytes = await self.send("INFO", "server")
        self.run_id = next((line[7:].strip() for line in info.splitlines() if line.startswith(b"run_id:")), b"")

    @property
    def is_open(self) -> bool:
        """Whether requests can be sent."""
        return self._transport is not None and not self.closed.done()

    def send(self, *command: Argument) -> asyncio.Future[Any]:
        """Write a command; the future holds its answer, or raises ValkeyError."""
        answer = self._loop.create_future()
        if self._transport is None or self.closed.done():
            answer.set_exception(LostError("The connection is closed."))
        else:
            self._waiting.append(answer)
            self._transport.write(libvalkey.pack_command(command))
        return answer

    def close(self, why: str = "we closed it") -> None:
        """Cut the connection; every request that waits for its answer fails."""
        if self._transport is not None:
            self._transport.abort()
        self._lose(LostError(f"The connection was closed: {why}."), why)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transport is not a subclass

    def data_received(self, data: bytes) -> None:
        """Give each complete answer to the request that waits for it."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _INCOMPLETE:
                answer = self._waiting.popleft()
                if answer.done():
                    continue  # its caller has given up
                if isinstance(reply, Exception):
                    answer.set_exception(reply)
                else:
                    answer.set_result(reply)
        except (InvalidResponse, IndexError):
            self.close("it answered what was not asked")

    def connection_lost(self, error: Exception | None) -> None:
        """Disconnected."""
        why = str(error or "the server closed it")
        self._lose(LostError(f"The connection was lost: {why}."), why)

    def _lose(self, error: ValkeyError, why: str) -> None:
        if not self.closed.done():
            self.closed.set_result(why)
        while self._waiting:
            answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(error)
