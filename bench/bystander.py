"""Another client of Valkey, which asks the same again and again while something else is measured."""

import socket
import threading
import time
from typing import Self
from urllib.parse import urlsplit

from bench.row import Sample

WORST = "others wait, worst ms"
NOTHING = "nothing, for 3 s"
"""The contender that shows how long the bystander waits because of the machine alone."""

PAUSE_SECONDS = 0.0005


class Bystander:
    """Asks until the block ends how many members a set or sorted set has."""

    def __init__(self, url: str, *, command: str, key: str) -> None:
        address = urlsplit(url)
        self.worst_seconds = 0.0
        """The longest that an answer took."""
        self.fewest: int | None = None
        """The fewest members of any answer."""
        self._address = str(address.hostname), int(address.port or 6379)
        self._question = f"{command} {key}\r\n".encode()
        self._is_over = threading.Event()
        self._asking = threading.Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._asking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._asking.join()

    def _ask(self) -> None:
        with socket.create_connection(self._address) as valkey:
            valkey.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while not self._is_over.wait(PAUSE_SECONDS):
                asked = time.perf_counter()
                valkey.sendall(self._question)
                answer = int(valkey.recv(100)[1:])
                self.worst_seconds = max(self.worst_seconds, time.perf_counter() - asked)
                self.fewest = answer if self.fewest is None else min(self.fewest, answer)


def nothing(url: str) -> Sample:
    """How long the bystander waits while nothing is measured."""
    with Bystander(url, command="SCARD", key="mitras:online") as bystander:
        time.sleep(3)
    return {WORST: bystander.worst_seconds * 1000}
