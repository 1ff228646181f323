"""What one client that attacks costs the others: their p99 without and with each attack, and the memory it takes.

Starts an embedded PostgreSQL and Valkey and one API process. Others ask for `/healthz` at a steady pace, each over a
connection of its own; rounds without and with an attack take turns. An attacker is a process by itself.

    python -m bench.attacks [--rounds 3] [--seconds 5] [--only pings]
"""

import argparse
import asyncio
import multiprocessing
import os
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

import uvloop

from bench.stage import Stage, percentile, row, stage

OTHERS = 16
PAUSE_SECONDS = 0.02
ASKING = b"GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"
POST = b"POST /api/auth/refresh HTTP/1.1\r\nHost: bench\r\n"
HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)
PING = b"\x89\x80\x00\x00\x00\x00"

Attack = Callable[[int, float], None]


def connected(port: int, *, receive_buffer: int | None = None) -> socket.socket:
    """A connection; with a small buffer for an attacker that does not read."""
    connection = socket.socket()
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect(("127.0.0.1", port))
    connection.settimeout(0.2)
    return connection


def again(port: int, until: float, attack: Callable[[socket.socket], None], **options: int) -> None:
    """Attack, with a new connection as often as the server ends one."""
    while time.monotonic() < until:
        with suppress(OSError), connected(port, **options) as connection:
            while time.monotonic() < until:
                try:
                    attack(connection)
                except TimeoutError:
                    time.sleep(0.05)


def pipelines_and_never_reads(port: int, until: float) -> None:
    """Ask and ask, and take no answer."""
    many = ASKING * 2_000
    again(port, until, lambda connection: connection.sendall(many), receive_buffer=4096)


def endless_headers(port: int, until: float) -> None:
    """A head that never ends."""
    fields = b"X: y\r\n" * 10_000

    def attack(connection: socket.socket) -> None:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n")
        while time.monotonic() < until:
            connection.sendall(fields)

    again(port, until, attack)


def pings(port: int, until: float) -> None:
    """A flood of pings on one anonymous socket, opened again whenever it is closed."""
    flood = PING * 10_000

    def attack(connection: socket.socket) -> None:
        connection.sendall(HANDSHAKE)
        connection.recv(4096)
        while time.monotonic() < until:
            connection.sendall(flood)

    again(port, until, attack)


def half_requests(port: int, until: float) -> None:
    """Four hundred connections that stand there: silent, with half a head, with half a body."""
    halves = [b"", b"GET / HT", POST + b"Content-Length: 10\r\n\r\nhalf"]
    open_ones: list[socket.socket] = []
    for number in range(400):
        connection = connected(port)
        connection.sendall(halves[number % len(halves)])
        open_ones.append(connection)
    time.sleep(max(0.0, until - time.monotonic()))
    for connection in open_ones:
        connection.close()


def chunks_of_a_byte(port: int, until: float) -> None:
    """A body in chunks of one byte each."""
    chunks = b"1\r\nx\r\n" * 5_000

    def attack(connection: socket.socket) -> None:
        connection.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        while time.monotonic() < until:
            connection.sendall(chunks)

    again(port, until, attack)


ATTACKS: Sequence[Attack] = (pipelines_and_never_reads, endless_headers, pings, half_requests, chunks_of_a_byte)


async def ask(port: int, seconds: float) -> list[float]:
    """The others: how long each answer took."""
    latencies: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            started = time.perf_counter()
            writer.write(ASKING)
            await reader.readuntil(b"}")
            latencies.append(time.perf_counter() - started)
            await asyncio.sleep(PAUSE_SECONDS)
        writer.close()

    await asyncio.gather(*(one() for _ in range(OTHERS)))
    return latencies


def round_of(on: Stage, port: int, attack: Attack | None, seconds: float) -> tuple[float, float]:
    """The others' p99 in milliseconds, and the most memory of the API in MiB, during one attack or none."""
    attacker = None
    if attack is not None:
        attacker = multiprocessing.get_context("fork").Process(
            target=attack, args=(port, time.monotonic() + seconds + 1), daemon=True
        )
        attacker.start()
        os.sched_setaffinity(attacker.pid or 0, {max(os.sched_getaffinity(0))})
        time.sleep(0.5)
    try:
        latencies = uvloop.run(ask(port, seconds))
        memory = on.memory("api") / 2**20
    finally:
        if attacker is not None:
            attacker.terminate()
            attacker.join(10)
    time.sleep(0.5)
    return percentile(latencies, 0.99), memory


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--only", choices=[attack.__name__ for attack in ATTACKS])
    arguments = parser.parse_args()
    with stage() as on, on.api() as port:
        round_of(on, port, None, 2)
        for attack in ATTACKS:
            if arguments.only not in (None, attack.__name__):
                continue
            without, with_ = [], []
            for _ in range(arguments.rounds):
                without.append(round_of(on, port, None, arguments.seconds))
                with_.append(round_of(on, port, attack, arguments.seconds))
            ratio = statistics.median(one for one, _ in with_) / statistics.median(one for one, _ in without)
            figures = " / ".join(", ".join(f"{p99:.1f}" for p99, _ in of) for of in (without, with_))
            memory = " / ".join(f"{max(most for _, most in of):.0f}" for of in (without, with_))
            print(
                row(
                    f"others beside an attacker: {(attack.__doc__ or '').strip().rstrip('.')}",
                    "python -m bench.attacks",
                    f"the others' p99 {figures} ms (without / with), medians × {ratio:.2f};"
                    f" memory of the API at most {memory} MiB",
                ),
                flush=True,
            )


if __name__ == "__main__":
    main()
