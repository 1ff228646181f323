"""A bad network: a TCP proxy that cuts connections, even within a frame, falls silent, is slow, or refuses."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable

CHUNK_BYTES = 64 * 1024
LAST_BYTES = 200
"""How many bytes at most still pass on a connection that is about to be cut: mostly less than a frame."""


class Wire:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.is_deaf = False
        """Whether nothing passes any more, though it stays open."""
        self._ends = (client, server)
        self._left: int | None = None
        self._answer_is_lost = False

    def cut(self, after_bytes: int = 0) -> None:
        """End it without a word, once so many more bytes have passed in either direction."""
        self._left = after_bytes
        if after_bytes == 0:
            for end in self._ends:
                end.transport.abort()

    def lose_answer(self) -> None:
        """Cut it as soon as the server answers."""
        self._answer_is_lost = True

    async def carry(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        look: Callable[["Wire", bytes], None],
        travel: Callable[[int], Awaitable[None]],
    ) -> None:
        """Pass on what comes, until either end is closed, and let `look` see what the client sends.

        `travel(bytes)` takes the time that so many bytes are on their way.
        """
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(CHUNK_BYTES):
                if self.is_deaf:
                    continue
                if writer is self._ends[1]:
                    look(self, data)
                elif self._answer_is_lost:
                    self.cut()
                    break
                await travel(len(data))
                if self._left is None:
                    writer.write(data)
                else:
                    writer.write(data[: self._left])
                    self.cut(max(0, self._left - len(data)))
                await writer.drain()
        writer.close()


class Proxy:
    """Stands before a server on this machine, or before several that do the same."""

    def __init__(self, server_port: int, dice: random.Random, *more_ports: int) -> None:
        self.port = 0
        self.refusing = False
        """Whether new connections are ended at once."""
        self.delay_seconds = 0.0
        """How long everything is on its way."""
        self.bytes_per_second: float | None = None
        """How much passes on each connection in each direction."""
        self.lost_answers = 0
        """How many answers `lose_answers` has lost."""
        self._losing = (b"", 0)
        self._server_ports = [server_port, *more_ports]
        self._dice = dice
        self._wires: set[Wire] = set()
        self.serving: set[asyncio.Task[None]] = set()
        """The connections that are open."""

    def cut(self, share: float) -> None:
        """Cut about this share of the connections, some now, some in the middle of what they carry next."""
        for wire in self._wires:
            if self._dice.random() < share:
                wire.cut(self._dice.choice((0, self._dice.randint(1, LAST_BYTES))))

    def lose_answers(self, to: bytes, times: int) -> None:
        """Let the next requests that hold these bytes reach the server, and cut each connection at its answer."""
        self._losing = (to, times)

    def _look(self, wire: Wire, data: bytes) -> None:
        to, times = self._losing
        if times and to in data:
            self._losing = (to, times - 1)
            self.lost_answers += 1
            wire.lose_answer()

    def deafen(self) -> None:
        """Let nothing more pass on any connection, though all stay open."""
        for wire in self._wires:
            wire.is_deaf = True

    def end(self) -> None:
        """Cut every connection now."""
        for wire in self._wires:
            wire.cut()

    async def serve(self, client_reader: asyncio.StreamReader, client_writer: asyncio.StreamWriter) -> None:
        """One connection of a client."""
        task = asyncio.current_task()
        assert task is not None
        self.serving.add(task)
        task.add_done_callback(self.serving.discard)
        if self.refusing:
            client_writer.transport.abort()
            return
        server = await self._connect()
        if server is None:
            client_writer.transport.abort()
            return
        server_reader, server_writer = server
        wire = Wire(client_writer, server_writer)
        self._wires.add(wire)
        try:
            async with asyncio.TaskGroup() as directions:
                directions.create_task(wire.carry(client_reader, server_writer, self._look, self._travel))
                directions.create_task(wire.carry(server_reader, client_writer, self._look, self._travel))
        finally:
            self._wires.discard(wire)
            wire.cut()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to a server that takes connections, each server in its turn; None when none does."""
        self._server_ports.append(self._server_ports.pop(0))
        for port in self._server_ports:
            with contextlib.suppress(ConnectionError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None

    async def _travel(self, size: int) -> None:
        seconds = self.delay_seconds + (size / self.bytes_per_second if self.bytes_per_second else 0.0)
        if seconds:
            await asyncio.sleep(seconds)


@contextlib.asynccontextmanager
async def proxied(server_port: int, dice: random.Random, *more_ports: int) -> AsyncIterator[Proxy]:
    """A proxy on a free port, before a server, or several that do the same, which need not run yet."""
    proxy = Proxy(server_port, dice, *more_ports)
    async with await asyncio.start_server(proxy.serve, "127.0.0.1", 0) as listening:
        proxy.port = listening.sockets[0].getsockname()[1]
        yield proxy
        proxy.refusing = True
        proxy.end()
        if proxy.serving:
            await asyncio.wait(proxy.serving)
