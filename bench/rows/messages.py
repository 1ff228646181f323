"""Chat messages: how many are committed a second, and how long one takes to the other's socket."""

import asyncio
import random
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from uuid import UUID, uuid4

import msgspec
from anyio.from_thread import start_blocking_portal

from app.auth.tokens import Tokens, UserType
from bench.device import Device
from bench.row import P50, P99, RATE, Outcome, Run, Sample, bound, in_turn, ratio
from bench.stage import PGBENCH, SECRET, Pair, Stage, percentile, stage

WHAT = "chat messages"
WORKLOAD = (
    "500 sessions, both sides writing through sockets: as fast as their messages are acknowledged, and at half that"
    " rate. Delivery is from the sending to the other's socket. The yardstick is pgbench over 16 connections, which"
    " INSERTs such rows one by one. Nothing is pinned: everything has all cores."
)

SESSIONS = 500
CONNECTIONS = 16
OPENING = 20
LATE_SECONDS = 20.0
FAST, HALF, BARE = "as fast as they are acknowledged", "at half that rate", "bare INSERTs by pgbench"
BODY = "A sentence as people write it, neither long nor short."

INSERT = f"""
\\set n :n + 1
\\set seq :client_id * 1000000000 + :n
\\set session random(1, :sessions)
INSERT INTO core.chat_messages (session_day, session_id, seq, sender_type, sender_id, client_message_id, body)
VALUES (current_date, lpad(:session::text, 32, '0')::uuid, :seq::bigint, 'customer',
    lpad(:session::text, 32, '0')::uuid, 'bare ' || :seq, '{BODY}');
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


def inserts(on: Stage, seconds: float) -> Sample:
    """Bare INSERTs of such rows, each committed by itself, under sessions that nobody has."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(INSERT)
        script.flush()
        command = [str(PGBENCH), "--no-vacuum", "--protocol=prepared", f"--file={script.name}"]
        command += [f"--client={CONNECTIONS}", "--jobs=2", f"--time={max(1, round(seconds))}"]
        command += ["--define=n=0", f"--define=sessions={SESSIONS}", on.dsn]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with on.connect() as conn:
        conn.execute("SET session_replication_role = replica")
        conn.execute("DELETE FROM core.chat_messages WHERE client_message_id LIKE 'bare %'")
        conn.execute("VACUUM core.chat_messages")
    return {RATE: float(output.partition("tps = ")[2].split()[0])}


class Chat:
    """All parties, at their sockets."""

    def __init__(self, on: Stage, pairs: Sequence[Pair]) -> None:
        self._on = on
        self._pairs = pairs
        self._writers: list[Writer] = []
        self._fast: list[float] = []

    async def enter(self, port: int) -> None:
        """Both parties of each session, who have caught up."""
        self._writers = await enter_all(port, self._pairs)

    async def fast(self, seconds: float) -> Sample:
        """Write as fast as messages are acknowledged."""
        sample = await self._write(seconds, 0.0)
        self._fast.append(sample[RATE])
        return sample

    async def half(self, seconds: float) -> Sample:
        """Write half as fast as that."""
        return await self._write(seconds, statistics.median(self._fast) / 2)

    async def _write(self, seconds: float, rate: float) -> Sample:
        """All of them write, at so many a second together, or, when that is 0, as fast as they can."""
        for writer in self._writers:
            writer.acknowledged = 0
            writer.latencies.clear()
        before, started = self._on.processor_seconds(), time.perf_counter()
        for writer in self._writers:
            writer.begin(started + seconds, len(self._writers) / rate if rate else 0.0)
        await asyncio.sleep(seconds)
        took, after = time.perf_counter() - started, self._on.processor_seconds()
        committed = sum(writer.acknowledged for writer in self._writers)
        give_up_at = time.perf_counter() + LATE_SECONDS
        while missed := self._missed():
            if time.perf_counter() > give_up_at:
                raise RuntimeError(f"{missed} committed messages were not received in their order")
            await asyncio.sleep(0.5)
        latencies = [latency for writer in self._writers for latency in writer.latencies]
        cores = {f"{name}, cores": (after[name] - before[name]) / took for name in before}
        return {RATE: committed / took, P50: percentile(latencies, 0.5), P99: percentile(latencies, 0.99), **cores}

    def _missed(self) -> int:
        """Committed messages that a party did not hear, each of them in its order."""
        with self._on.connect() as conn:
            rows = conn.execute(
                "SELECT session_id, count(*) FROM core.chat_messages WHERE client_message_id NOT LIKE 'bare %'"
                " GROUP BY session_id"
            ).fetchall()
        committed: dict[UUID, int] = dict(rows)
        parties = zip([*self._pairs, *self._pairs], self._writers, strict=True)
        return sum(committed.get(pair.session_id, 0) - writer.heard for pair, writer in parties)


def measure(run: Run) -> Outcome:
    with stage() as on:
        chat = Chat(on, on.pairs(SESSIONS))
        with on.api() as port, start_blocking_portal(backend_options={"use_uvloop": True}) as loop:
            loop.call(chat.enter, port)
            loop.call(chat.fast, 2.0)
            contenders: dict[str, Callable[[], Sample]] = {
                FAST: partial(loop.call, chat.fast, run.seconds),
                HALF: partial(loop.call, chat.half, run.seconds),
                BARE: partial(inserts, on, run.seconds),
            }
            samples = in_turn(run, contenders)
    targets = [
        ratio("committed ÷ bare INSERTs", samples[FAST], samples[BARE], at_least=0.4),
        bound("delivery at half that rate, p99 in ms", samples[HALF], P99, at_most=100),
    ]
    return Outcome(targets, samples)
