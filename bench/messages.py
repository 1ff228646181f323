"""Chat messages: how many are committed a second, and how long one takes to the other's socket.

Starts an embedded PostgreSQL and Valkey and one API process. In each of so many sessions both sides write through a
socket: first as fast as their acknowledgements come, then at half that rate. Delivery is timed from the sending to the
other's socket. The yardstick, in the same run: bare INSERTs of the same rows over 16 connections.

    python -m bench.messages [--sessions 100] [--seconds 10]
"""

import argparse
import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import httpx
import msgspec
import psycopg
import uvloop
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, free_port
from app.development.valkey import EmbeddedValkey
from app.migrations import migrate
from app.tokens import Tokens

SECRET = "a-secret-that-only-this-benchmark-knows"
CONNECTIONS = 16
OPENING = 20
LATE_SECONDS = 3.0
BODY = "A sentence as people write it, neither long nor short."

PAIRS = """
DO $$
DECLARE
    v_package uuid;
    v_customer uuid;
    v_mitra uuid;
    v_session uuid;
BEGIN
    CREATE TABLE bench_pairs (session_id uuid, customer_id uuid, mitra_id uuid);
    INSERT INTO core.price_packages (name, duration_minutes, price) VALUES ('Bench', 60, 1000)
    RETURNING id INTO v_package;
    FOR n IN 1 .. {sessions} LOOP
        INSERT INTO core.customers DEFAULT VALUES RETURNING id INTO v_customer;
        v_mitra := api.create_mitra('Bench', '+6281' || lpad(n::text, 8, '0')) ->> 'id';
        PERFORM api.go_online(v_mitra);
        v_session := api.confirm_payment(
            (api.create_payment_request(v_customer, v_package, false, NULL, true) ->> 'id')::uuid) ->> 'session_id';
        PERFORM api.accept_offer(offer.offer_id, v_mitra) FROM api.blast(v_session, ARRAY[v_mitra]) AS offer;
        INSERT INTO bench_pairs VALUES (v_session, v_customer, v_mitra);
    END LOOP;
    INSERT INTO core.auth_sessions (user_type, user_id, family, token_hash, expires_at)
    SELECT who.type, who.id, gen_random_uuid(), decode(md5(who.id::text), 'hex'), now() + interval '1 day'
    FROM bench_pairs, LATERAL (VALUES ('customer', customer_id), ('mitra', mitra_id)) AS who (type, id);
END
$$
"""


class Pair(NamedTuple):
    """A running session and its parties."""

    session_id: uuid.UUID
    customer_id: uuid.UUID
    mitra_id: uuid.UUID


class Received(msgspec.Struct):
    """What the benchmark reads of a frame."""

    type: str
    client_message_id: str | None = None
    sender_type: str | None = None


_received = msgspec.json.Decoder(Received)


class Writer:
    """One party's socket."""

    def __init__(self, connection: ClientConnection, type_: str, session_id: uuid.UUID, sent: dict[str, float]) -> None:
        self.latencies: list[float] = []
        self.acknowledged = 0
        self._connection = connection
        self._type = type_
        self._session_id = str(session_id)
        self._sent = sent
        self._acknowledgement = asyncio.Event()

    async def listen(self) -> None:
        async for text in self._connection:
            frame = _received.decode(text)
            if frame.type == "message_ack":
                self.acknowledged += 1
                self._acknowledgement.set()
            elif frame.type == "message" and frame.sender_type != self._type and frame.client_message_id:
                self.latencies.append(time.perf_counter() - self._sent[frame.client_message_id])
            elif frame.type == "error":
                raise RuntimeError(text)

    async def say(self) -> None:
        id_ = uuid.uuid4().hex
        message = {"type": "message", "session_id": self._session_id, "client_message_id": id_, "body": BODY}
        self._acknowledgement.clear()
        self._sent[id_] = time.perf_counter()
        await self._connection.send(msgspec.json.encode(message).decode())
        async with asyncio.timeout(30):
            await self._acknowledgement.wait()

    async def write(self, until: float, pause: float) -> None:
        """Write until then, each `pause` seconds, or as fast as acknowledgements come."""
        next_at = time.perf_counter() + random.uniform(0, pause)
        while time.perf_counter() < until:
            if pause:
                await asyncio.sleep(max(0.0, next_at - time.perf_counter()))
                next_at += pause
            await self.say()


def percentile(samples: Sequence[float], fraction: float) -> float:
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] * 1000


async def inserts(dsn: str, pairs: Sequence[Pair], seconds: float) -> float:
    """Bare INSERTs of the same rows, each committed by itself: how many a second."""
    until = time.perf_counter() + seconds

    async def insert(number: int) -> int:
        count = 0
        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
            while time.perf_counter() < until:
                pair = pairs[(count * CONNECTIONS + number) % len(pairs)]
                count += 1
                await conn.execute(
                    "INSERT INTO core.chat_messages"
                    " (session_day, session_id, seq, sender_type, sender_id, client_message_id, body)"
                    " VALUES (current_date, %s, %s, 'customer', %s, %s, %s)",
                    [pair.session_id, 10**9 + count * CONNECTIONS + number, pair.customer_id, uuid.uuid4().hex, BODY],
                    prepare=True,
                )
        return count

    counts = await asyncio.gather(*map(insert, range(CONNECTIONS)))
    return sum(counts) / seconds


async def measure(dsn: str, port: int, pairs: Sequence[Pair], seconds: float) -> None:
    bare = await inserts(dsn, pairs, seconds)
    print(f"yardstick: bare INSERTs, {CONNECTIONS} connections     {bare:8.0f}/s")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("DELETE FROM core.chat_messages")
    tokens, sent, opening = Tokens(SECRET), dict[str, float](), asyncio.Semaphore(OPENING)

    async def enter(pair: Pair, type_: str, user_id: uuid.UUID) -> Writer:
        token = tokens.issue(type_, user_id, uuid.uuid4())  # type: ignore[arg-type]
        async with opening:
            connection = await stack.enter_async_context(
                connect(
                    f"ws://127.0.0.1:{port}/ws",
                    subprotocols=[Subprotocol("halobestie.v1"), Subprotocol(f"bearer.{token}")],
                    compression=None,
                    proxy=None,
                )
            )
            await connection.recv()
            await connection.send(f'{{"type": "resume", "after_seq": 0, "sessions": {{"{pair.session_id}": 0}}}}')
        return Writer(connection, type_, pair.session_id, sent)

    async with AsyncExitStack() as stack:
        writers = await asyncio.gather(
            *(
                enter(pair, type_, user_id)
                for pair in pairs
                for type_, user_id in (("customer", pair.customer_id), ("mitra", pair.mitra_id))
            )
        )
        listening = [asyncio.create_task(writer.listen()) for writer in writers]
        await asyncio.sleep(2)
        rate = 0.0
        for name, share in (("as fast as acknowledged", 0.0), ("at half that rate", 0.5)):
            for writer in writers:
                writer.acknowledged = 0
                writer.latencies.clear()
            started = time.perf_counter()
            pause = len(writers) / (rate * share) if share else 0.0
            await asyncio.gather(*(writer.write(started + seconds, pause) for writer in writers))
            took = time.perf_counter() - started
            committed = sum(writer.acknowledged for writer in writers)
            await asyncio.sleep(LATE_SECONDS)
            latencies = [latency for writer in writers for latency in writer.latencies]
            rate = rate or committed / took
            print(
                f"{name:<40} {committed / took:8.0f}/s  {committed / took / bare:5.2f} of bare   delivery p50"
                f" {percentile(latencies, 0.5):6.1f} ms  p99 {percentile(latencies, 0.99):6.1f} ms"
                f"   not delivered {committed - len(latencies)}"
            )
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="halobestie-bench-") as directory, Family() as family:
        room = Path(directory)
        postgres = EmbeddedPostgres(room / "data", family=family, log=room / "postgres.log")
        postgres.start()
        server = EmbeddedValkey(family=family, log=room / "valkey.log")
        server.start()
        with psycopg.connect(postgres.url(), autocommit=True) as conn:
            conn.execute("CREATE DATABASE halobestie")
        dsn = postgres.url("halobestie")
        migrate(dsn)
        with psycopg.connect(dsn, autocommit=True) as conn:
            conn.execute(PAIRS.format(sessions=arguments.sessions).encode())
            pairs = [Pair(*row) for row in conn.execute("SELECT * FROM bench_pairs").fetchall()]
        port = free_port()
        environment = {
            **os.environ,
            "APP_ENV": "development",
            "OTP_PROVIDER": "fixed",
            "AUTH_JWT_SECRET": SECRET,
            "DATABASE_URL": postgres.url("halobestie", role="halo_app"),
            "VALKEY_URL": server.url,
            "PUBLIC_HOST": "127.0.0.1",
            "PUBLIC_PORT": str(port),
            "MESSAGE_RATE": "10000 per 10 seconds",
        }
        log = (room / "api.log").open("wb")
        api = subprocess.Popen([sys.executable, "-m", "app", "api"], env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            uvloop.run(measure(dsn, port, pairs, arguments.seconds))
        finally:
            api.terminate()
            api.wait(10)
            log.close()


if __name__ == "__main__":
    main()
