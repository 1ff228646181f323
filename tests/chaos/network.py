"""The network of a run: a process of proxies, so that they carry on whatever the run itself does meanwhile."""

import asyncio
import contextlib
import multiprocessing
import random
from multiprocessing.connection import Connection
from typing import Any, Self

from tests.support.proxy import Proxy, proxied

ANSWER_SECONDS = 30.0


class Way:
    """A way between two parts, with a proxy on it."""

    def __init__(self, network: "Network", name: str, port: int) -> None:
        self.port = port
        self._network = network
        self._name = name

    def set(self, **toxics: float | bool | None) -> None:
        """Set attributes of the proxy: delay_seconds, bytes_per_second, refusing."""
        self._network.ask("set", self._name, toxics)

    def do(self, what: str, *arguments: Any) -> None:
        """Call a method of the proxy: cut, deafen, end, lose_answers."""
        self._network.ask("do", self._name, what, arguments)


class Network:
    """All ways, by `<process> <server>`, and the clients' by `clients`."""

    def __init__(self, seed: int) -> None:
        self.ways: dict[str, Way] = {}
        context = multiprocessing.get_context("spawn")
        self._ours, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(theirs, seed), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()  # ends it
        self._process.join(ANSWER_SECONDS)
        self._process.kill()
        self._process.join()
        self._process.close()

    def lay(self, name: str, *ports: int) -> Way:
        """A way to a server, or to several that do the same."""
        way = self.ways[name] = Way(self, name, self.ask("lay", name, ports))
        return way

    def ask(self, *command: Any) -> Any:
        """Have the process do something. Raises TimeoutError."""
        self._ours.send(command)
        if not self._ours.poll(ANSWER_SECONDS):
            raise TimeoutError(f"the network did not answer {command}")
        return self._ours.recv()


def _main(pipe: Connection, seed: int) -> None:
    asyncio.run(_serve(pipe, random.Random(seed)))


async def _serve(pipe: Connection, dice: random.Random) -> None:
    proxies: dict[str, Proxy] = {}
    waiting = asyncio.Event()
    asyncio.get_running_loop().add_reader(pipe.fileno(), waiting.set)
    async with contextlib.AsyncExitStack() as stack:
        with contextlib.suppress(EOFError):  # the run has ended
            while True:
                await waiting.wait()
                waiting.clear()
                while pipe.poll():
                    answer = None
                    match pipe.recv():
                        case ("lay", name, (first, *more)):
                            proxies[name] = await stack.enter_async_context(proxied(first, dice, *more))
                            answer = proxies[name].port
                        case ("set", name, toxics):
                            for toxic, value in toxics.items():
                                setattr(proxies[name], toxic, value)
                        case ("do", name, what, arguments):
                            getattr(proxies[name], what)(*arguments)
                    pipe.send(answer)
        asyncio.get_running_loop().remove_reader(pipe.fileno())
