"""What sockets that stop reading cost the others: delivery with and without them, and the memory they hold.

Starts an embedded PostgreSQL and Valkey and one API process. In each of so many sessions both sides write at a steady
pace through a socket; in some of them one side writes long messages, so that the other falls behind soon when it stops
to read. Rounds with and without stalled readers take turns; who stalled is closed with 4408, comes back and resumes.

    python -m bench.stalled_readers [--sessions 500] [--stalled 50] [--rounds 5] [--seconds 13]
"""

import argparse
import asyncio
import random
import statistics
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec
import uvloop

from app.auth.tokens import Tokens
from bench.device import Device
from bench.stage import SECRET, Pair, Stage, percentile, row, stage

BEHIND = 4408
PAUSE_SECONDS = 4.0
"""Between two messages of one who writes as people do."""

LONG_PAUSE_SECONDS = 0.12
LONG_MESSAGES = 90
"""So many long ones a round, each as long as a message may be: 1.4 MB, with which one who stalls falls behind at last.

Further ones would have pushes queued for somebody who is gone, which is another matter.
"""

SHORT, LONG = "A sentence as people write it, neither long nor short.", "🌏" * 4000
RECEIVE_BUFFER = 16 * 1024
OPENING = 20
CLOSE_SECONDS = 10.0
SETTLE_SECONDS = 2.0


class Received(msgspec.Struct):
    """What the benchmark reads of a frame."""

    type: str
    client_message_id: str = ""
    sender_type: str = ""


_received = msgspec.json.Decoder(Received)


class Party:
    """One party, which writes at its pace and times what it hears of the other."""

    def __init__(self, session_id: UUID, type_: str, token: str, body: str, pause: float) -> None:
        self.latencies: list[float] = []
        self.device: Device
        self._session_id = str(session_id)
        self._type = type_
        self._token = token
        self._body = body
        self._pause = pause
        self._resumed = asyncio.Event()

    async def enter(self, port: int) -> None:
        """Open a socket, and wait until it has caught up; what was said before is not asked for."""
        self.device = await Device.open(port, self._token, receive_buffer=RECEIVE_BUFFER)
        self.device.on_text = self._listen
        self._resumed.clear()
        self.device.send(b'{"type": "resume", "after_seq": 0}')
        await self._resumed.wait()

    async def write(self, until: float) -> None:
        """Write until then."""
        await asyncio.sleep(random.uniform(0, self._pause))
        left = LONG_MESSAGES
        while left and time.perf_counter() < until and not self.device.transport.is_closing():
            left -= 1
            self.device.send(
                msgspec.json.encode(
                    {
                        "type": "message",
                        "session_id": self._session_id,
                        "client_message_id": f"{time.perf_counter_ns():032}",
                        "body": self._body,
                    }
                )
            )
            await asyncio.sleep(self._pause)

    def _listen(self, text: bytes) -> None:
        frame = _received.decode(text)
        if frame.type == "message" and frame.sender_type != self._type:
            self.latencies.append((time.perf_counter_ns() - int(frame.client_message_id)) / 1e9)
        elif frame.type == "resumed":
            self._resumed.set()
        elif frame.type == "error":
            raise RuntimeError(text)


def parties(pairs: Sequence[Pair], stalled: int) -> tuple[list[Party], list[Party]]:
    """Everyone, and those who will stop reading: the mitras of sessions whose customers write long messages."""
    tokens = Tokens(SECRET)
    customers = [
        Party(
            pair.session_id,
            "customer",
            tokens.issue("customer", pair.customer_id, uuid4()),
            *((LONG, LONG_PAUSE_SECONDS) if number < stalled else (SHORT, PAUSE_SECONDS)),
        )
        for number, pair in enumerate(pairs)
    ]
    mitras = [
        Party(pair.session_id, "mitra", tokens.issue("mitra", pair.mitra_id, uuid4()), SHORT, PAUSE_SECONDS)
        for pair in pairs
    ]
    return [*customers, *mitras], mitras[:stalled]


async def talk(everyone: Sequence[Party], others: Sequence[Party], seconds: float) -> float:
    """Everyone writes for so long; the p99 of delivery to the others, in milliseconds."""
    for party in everyone:
        party.latencies.clear()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(party.write(until) for party in everyone))
    await asyncio.sleep(SETTLE_SECONDS)
    return percentile([latency for party in others for latency in party.latencies], 0.99)


async def measure(on: Stage, port: int, pairs: Sequence[Pair], stalled: int, rounds: int, seconds: float) -> None:
    everyone, stalling = parties(pairs, stalled)
    others = [party for party in everyone if party not in stalling]
    opening = asyncio.Semaphore(OPENING)

    async def enter(party: Party) -> None:
        async with opening:
            await party.enter(port)

    await asyncio.gather(*map(enter, everyone))
    most = 0

    async def watch_memory() -> None:
        nonlocal most
        while True:
            most = max(most, on.memory("api"))
            await asyncio.sleep(0.1)

    watching = asyncio.create_task(watch_memory())
    await talk(everyone, others, seconds / 2)
    p99s: dict[bool, list[float]] = {False: [], True: []}
    memory: dict[bool, list[float]] = {False: [], True: []}
    codes: list[int] = []
    for number in range(2 * rounds):
        is_stalled = number % 4 in (1, 2)  # ABBA, so that whatever drifts falls on both alike
        most = 0
        if is_stalled:
            for party in stalling:
                party.device.transport.pause_reading()
        p99s[is_stalled].append(await talk(everyone, others, seconds))
        memory[is_stalled].append(most / 2**20)
        if is_stalled:
            for party in stalling:
                party.device.transport.resume_reading()
            closed, _ = await asyncio.wait([party.device.closed for party in stalling], timeout=CLOSE_SECONDS)
            codes += [one.result() for one in closed]
            await asyncio.gather(*(enter(party) for party in stalling if party.device.closed.done()))
            await asyncio.sleep(SETTLE_SECONDS)
    watching.cancel()
    lost = [party.device.closed.result() for party in others if party.device.closed.done()]
    assert not lost, f"others were closed, too: {lost}"
    without, with_ = (statistics.median(p99s[is_stalled]) for is_stalled in (False, True))
    rounds_of = {
        name: " / ".join(", ".join(f"{one:.0f}" for one in of[is_stalled]) for is_stalled in (False, True))
        for name, of in (("p99", p99s), ("memory", memory))
    }
    print(
        row(
            f"{stalled} stalled readers among {len(everyone)} sockets, rounds without and with them in turn",
            "python -m bench.stalled_readers",
            f"the others' p99 {rounds_of['p99']} ms (without / with), medians {100 * (with_ / without - 1):+.0f}%;"
            f" memory of the API at most {rounds_of['memory']} MiB;"
            f" ended: {codes.count(BEHIND)} with 4408, {len(codes) - codes.count(BEHIND)} for want of a pong,"
            f" of {rounds * stalled}",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--stalled", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=13.0)
    arguments = parser.parse_args()
    with stage() as on:
        pairs = on.pairs(arguments.sessions)
        with on.api() as port:
            uvloop.run(measure(on, port, pairs, arguments.stalled, arguments.rounds, arguments.seconds))


if __name__ == "__main__":
    main()
