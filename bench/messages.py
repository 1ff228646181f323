"""Chat messages: how many are committed a second, and how long one takes to the other's socket.

Starts an embedded PostgreSQL and Valkey and one API process. In each of so many sessions both sides write through a
socket: first as fast as their acknowledgements come, then at half that rate. Delivery is timed from the sending to the
other's socket. The yardstick, before and after in the same run: the same rows INSERTed by pgbench over 16 connections.

    python -m bench.messages [--sessions 500] [--seconds 30]
"""

import argparse
import asyncio
import random
import subprocess
import tempfile
import time
from collections.abc import Sequence
from uuid import UUID, uuid4

import msgspec
import uvloop

from app.auth.tokens import Tokens, UserType
from bench.device import Device
from bench.stage import PGBENCH, SECRET, Pair, Stage, percentile, row, stage

CONNECTIONS = 16
YARDSTICK_SECONDS = 10
OPENING = 20
LATE_SECONDS = 5.0
BODY = "A sentence as people write it, neither long nor short."

INSERT = f"""
\\set n :n + 1
\\set seq :client_id * 1000000000 + :n
\\set session random(1, :sessions)
INSERT INTO core.chat_messages (session_day, session_id, seq, sender_type, sender_id, client_message_id, body)
VALUES (current_date, lpad(:session::text, 32, '0')::uuid, :seq::bigint, 'customer',
    lpad(:session::text, 32, '0')::uuid, lpad(:seq::text, 32, '0'), '{BODY}');
"""


class Received(msgspec.Struct):
    """What the benchmark reads of a frame."""

    type: str
    seq: int = 0
    client_message_id: str = ""
    sender_type: str = ""


_received = msgspec.json.Decoder(Received)


class Writer:
    """One party, which writes and counts what it hears."""

    def __init__(self, device: Device, type_: str, session_id: UUID) -> None:
        self.latencies: list[float] = []
        self.acknowledged = 0
        self.heard = 0
        """The last message that came in its order; what comes out of order is not counted, and so is missed."""
        self._device = device
        self._type = type_
        self._session_id = str(session_id)
        self._until = 0.0
        self._pause = 0.0
        device.on_text = self._listen

    def begin(self, until: float, pause: float) -> None:
        """Write until then, each `pause` seconds, or as fast as acknowledgements come."""
        self._until, self._pause = until, pause
        asyncio.get_running_loop().call_later(random.uniform(0, pause), self._say)

    def _say(self) -> None:
        now = time.perf_counter()
        if now >= self._until:
            return
        self._device.send(
            msgspec.json.encode(
                {
                    "type": "message",
                    "session_id": self._session_id,
                    "client_message_id": f"{time.perf_counter_ns():032}",
                    "body": BODY,
                }
            )
        )
        if self._pause:
            asyncio.get_running_loop().call_later(self._pause, self._say)

    def _listen(self, text: bytes) -> None:
        frame = _received.decode(text)
        if frame.type == "message_ack":
            self.acknowledged += 1
            if not self._pause:
                self._say()
        elif frame.type == "message":
            self.heard += frame.seq == self.heard + 1
            if frame.sender_type != self._type:
                self.latencies.append((time.perf_counter_ns() - int(frame.client_message_id)) / 1e9)
        elif frame.type == "error":
            raise RuntimeError(text)


async def enter(port: int, tokens: Tokens, pair: Pair, type_: UserType, user_id: UUID) -> Writer:
    """A party's socket, which has caught up."""
    device = await Device.open(port, tokens.issue(type_, user_id, uuid4()))
    resumed = asyncio.Event()
    device.on_text = lambda text: resumed.set() if _received.decode(text).type == "resumed" else None
    device.send(msgspec.json.encode({"type": "resume", "after_seq": 0, "sessions": {str(pair.session_id): 0}}))
    await resumed.wait()
    return Writer(device, type_, pair.session_id)


async def enter_all(port: int, pairs: Sequence[Pair]) -> list[Writer]:
    """Both parties of each session."""
    tokens, opening = Tokens(SECRET), asyncio.Semaphore(OPENING)

    async def enter_in_turn(pair: Pair, type_: UserType, user_id: UUID) -> Writer:
        async with opening:
            return await enter(port, tokens, pair, type_, user_id)

    return await asyncio.gather(
        *(enter_in_turn(pair, "customer", pair.customer_id) for pair in pairs),
        *(enter_in_turn(pair, "mitra", pair.mitra_id) for pair in pairs),
    )


def yardstick(on: Stage, sessions: int) -> float:
    """Bare INSERTs of such rows, each committed by itself: how many a second."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(INSERT)
        script.flush()
        command = [str(PGBENCH), "--no-vacuum", "--protocol=prepared", f"--file={script.name}"]
        command += [f"--client={CONNECTIONS}", "--jobs=2", f"--time={YARDSTICK_SECONDS}"]
        command += ["--define=n=0", f"--define=sessions={sessions}", on.dsn]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with on.connect() as conn:
        conn.execute("TRUNCATE core.chat_messages")
    return float(output.partition("tps = ")[2].split()[0])


def missed(on: Stage, pairs: Sequence[Pair], writers: Sequence[Writer]) -> int:
    """Committed messages that a party did not hear, each of them in its order."""
    with on.connect() as conn:
        rows = conn.execute("SELECT session_id, count(*) FROM core.chat_messages GROUP BY session_id").fetchall()
    committed: dict[UUID, int] = dict(rows)
    return sum(committed[pair.session_id] - one.heard for pair, one in zip([*pairs, *pairs], writers, strict=True))


async def write(
    on: Stage, writers: Sequence[Writer], pairs: Sequence[Pair], seconds: float, rate: float
) -> tuple[float, str]:
    """All of them write: at so many a second together, or, when that is 0, as fast as they can. Committed a second."""
    for writer in writers:
        writer.acknowledged = 0
        writer.latencies.clear()
    before, started = on.processor_seconds(), time.perf_counter()
    for writer in writers:
        writer.begin(started + seconds, len(writers) / rate if rate else 0.0)
    await asyncio.sleep(seconds)
    took, after = time.perf_counter() - started, on.processor_seconds()
    committed = sum(writer.acknowledged for writer in writers)
    give_up_at = time.perf_counter() + LATE_SECONDS
    while (count := missed(on, pairs, writers)) and time.perf_counter() < give_up_at:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    latencies = [latency for writer in writers for latency in writer.latencies]
    processor = ", ".join(f"{name} {(after[name] - before[name]) / took:.2f}" for name in before)
    return committed / took, (
        f"delivery {percentile(latencies, 0.5):.0f} / {percentile(latencies, 0.99):.0f} ms (p50 / p99),"
        f" {count} not received, processor {processor}"
    )


async def measure(on: Stage, port: int, pairs: Sequence[Pair], seconds: float) -> None:
    bare = [yardstick(on, len(pairs))]
    writers = await enter_all(port, pairs)
    await asyncio.sleep(2)
    fast, fast_report = await write(on, writers, pairs, seconds, 0.0)
    half, half_report = await write(on, writers, pairs, seconds, fast / 2)
    bare.append(yardstick(on, len(pairs)))
    ratio = fast * len(bare) / sum(bare)
    workload = f"{len(pairs)} sessions, both sides writing for {seconds:g} s"
    print(
        row(
            f"chat messages, {workload}, as fast as they are acknowledged",
            "python -m bench.messages",
            f"{fast:.0f} committed/s, {ratio:.2f} of bare INSERTs by pgbench over {CONNECTIONS} connections"
            f" ({bare[0]:.0f}/s before, {bare[1]:.0f}/s after); {fast_report}",
        )
    )
    print(row(f"the same at half that rate, {half:.0f}/s", "in the same run", half_report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    with stage() as on:
        pairs = on.pairs(arguments.sessions)
        with on.api() as port:
            uvloop.run(measure(on, port, pairs, arguments.seconds))


if __name__ == "__main__":
    main()
