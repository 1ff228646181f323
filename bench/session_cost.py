"""What a session costs PostgreSQL, from the payment until the customer ends it; a mitra, Valkey.

python -m bench.session_cost [--sessions 200] [--mitras 20000]
"""

import argparse
import asyncio
import statistics
import subprocess
from collections import Counter, defaultdict
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psutil

from app.mirror.gateway import LEASES_A_CALL, Gateway
from app.mirror.server import Server
from app.mirror.writer import MITRAS_A_CALL, Writer
from app.postgres.database import Database
from app.settings import ValkeySettings
from app.sql.mirror import MitraState
from bench.stage import PGBENCH, Stage, row, stage

MESSAGES = 20
CUSTOMERS = 40
CHANNELS = ("events", "mitra_mirror", "pairing", "deadlines", "config")
CLIENTS = 16
ROUNDS, ROUND_SECONDS = 3, 5
ON_DISK: LiteralString = (
    "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'core'::regnamespace"
)


class Meter:
    """A connection whose calls are measured, by name: how often they notified, their WAL, their processor's time."""

    def __init__(self, on: Stage) -> None:
        self.notified, self.wal = Counter[str](), Counter[str]()
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._conn = on.connect()
        self._backend = psutil.Process(self._conn.info.backend_pid)
        self._heard = 0
        self._conn.add_notify_handler(self._hear)
        for channel in CHANNELS:
            self._conn.execute(f"LISTEN {channel}".encode())

    def value(self, query: LiteralString, *params: object) -> Any:
        """The first column of the first row."""
        found = self._conn.execute(query, params).fetchone()
        return found and found[0]

    def call(self, name: str, query: LiteralString, *params: object) -> Any:
        """The same, measured."""
        wal, seconds, self._heard = self.value("SELECT pg_current_wal_insert_lsn()"), self._seconds(), 0
        answer = self.value(query, *params)
        self.seconds[name] += self._seconds() - seconds
        self.wal[name] += int(self.value("SELECT pg_current_wal_insert_lsn() - %s::pg_lsn", wal))
        self.notified[name] += self._heard > 0
        return answer

    def _hear(self, _: object) -> None:
        self._heard += 1

    def _seconds(self) -> float:
        times = self._backend.cpu_times()
        return float(times.user + times.system)


def play(meter: Meter, package: UUID, customer: UUID, mitras: list[UUID]) -> None:
    """One session, with its messages."""
    payment = meter.call(
        "ask", "SELECT (api.create_payment_request(%s, %s, false, NULL, true) ->> 'id')::uuid", customer, package
    )
    session = meter.call("pay", "SELECT (api.confirm_payment(%s) ->> 'session_id')::uuid", payment)
    meter.call("offer", "SELECT count(*) FROM api.blast(%s, %s)", session, mitras)
    offer = meter.value("SELECT id FROM core.pairing_offers WHERE session_id = %s LIMIT 1", session)
    mitra = meter.value("SELECT mitra_id FROM core.pairing_offers WHERE id = %s", offer)
    meter.call("accept", "SELECT api.accept_offer(%s, %s)", offer, mitra)
    for _ in range(MESSAGES):
        meter.call(
            "message", "SELECT api.send_message(%s, 'mitra', %s, %s, %s)", session, mitra, str(uuid4()), "x" * 80
        )
    meter.call("end", "SELECT api.end_session(%s, 'customer', %s)", session, customer)


def sessions(on: Stage, count: int) -> str:
    """So many sessions, after as many that are not counted, so that their first pages are not counted either."""
    pairs = on.pairs(CUSTOMERS)
    meter = Meter(on)
    meter.value("SELECT count(api.end_session(session_id, 'cc', NULL)) FROM bench_pairs")
    package = meter.value("SELECT id FROM core.price_packages LIMIT 1")
    mitras = [pair.mitra_id for pair in pairs[:3]]
    before = 0
    for number in range(2 * count):
        if number == count:
            meter.notified.clear()
            meter.wal.clear()
            meter.seconds.clear()
            before = meter.value(ON_DISK)
        play(meter, package, pairs[number % CUSTOMERS].customer_id, mitras)
    on_disk = int(meter.value(ON_DISK) - before) / count / 1024
    message = meter.wal["message"] / count / MESSAGES / 1024, meter.seconds["message"] / count / MESSAGES * 1e3
    assert not meter.notified["message"], "a message notifies nobody"
    for values in (meter.notified, meter.wal, meter.seconds):
        del values["message"]
    calls = ", ".join(f"{name} {times / count:.1f}" for name, times in meter.notified.items())
    processor, wal = sum(meter.seconds.values()) / count * 1e3, meter.wal.total() / count / 1024
    return (
        f"{meter.notified.total() / count:.1f} commits that notify ({calls}), {wal:.0f} KiB of WAL, {processor:.1f} ms"
        f" of PostgreSQL's processor; a message sent alone: {message[0]:.1f} KiB of WAL, {message[1]:.2f} ms;"
        f" on disk with {MESSAGES} messages {on_disk:.0f} KiB"
    )


def commits(on: Stage) -> str:
    """INSERTs with and without a NOTIFY in their transaction, in turn, while one session listens."""
    scripts = {
        "without": "INSERT INTO bench_commits VALUES (1);",
        "with": "WITH i AS (INSERT INTO bench_commits VALUES (1) RETURNING n) SELECT pg_notify('bench', '') FROM i;",
    }
    rates: dict[str, list[float]] = {name: [] for name in scripts}
    with on.connect() as conn:
        conn.execute("CREATE TABLE bench_commits (n int)")
        conn.execute("LISTEN bench")
        for name in [*scripts] * ROUNDS:
            command = [str(PGBENCH), "--no-vacuum", "--file=/dev/stdin", f"--client={CLIENTS}", "--jobs=2"]
            command += [f"--time={ROUND_SECONDS}", on.dsn]
            output = subprocess.run(command, input=scripts[name], capture_output=True, text=True, check=True).stdout
            rates[name].append(float(output.partition("tps = ")[2].split()[0]))
    ratios = ", ".join(f"{with_ / without:.2f}" for with_, without in zip(rates["with"], rates["without"], strict=True))
    shown = {name: f"{statistics.median(values):.0f}/s" for name, values in rates.items()}
    return f"{shown['with']} with, {shown['without']} without: {ratios}"


async def valkey(on: Stage, count: int) -> str:
    """So many mitras in the mirror, each with the lease of a socket."""
    settings = ValkeySettings(valkey_url=on.valkey_url)
    server = await Server.open(settings, name="bench", timeout=5)
    db = await Database.open(on.dsn, name="bench")
    gateway = await Gateway.open(settings, db)

    async def used() -> int:
        facts = (await server.command("INFO", "memory")).decode()
        return int(facts.partition("used_memory:")[2].split()[0])

    writer, now, ids = Writer(server, epoch=1), datetime.now(UTC), [uuid4() for _ in range(count)]
    await writer.begin("bench", heartbeat_stale_seconds=90)
    empty = await used()
    for first in range(0, count, MITRAS_A_CALL):
        await writer.apply(
            [
                MitraState(
                    mitra_id=id_, is_online=True, is_active=True, capacity=1, max_sessions=3, last_heartbeat_at=now,
                    idle_since=now, version=1,
                )
                for id_ in ids[first : first + MITRAS_A_CALL]
            ]
        )  # fmt: skip
    mirrored = await used()
    for first in range(0, count, LEASES_A_CALL):
        await gateway.renew([("mitra", id_, uuid4().hex) for id_ in ids[first : first + LEASES_A_CALL]])
    leased = await used()
    for closing in (gateway, server, db):
        await closing.close()
    return (
        f"{(mirrored - empty) / count:.0f} B a mitra in the mirror, {(leased - mirrored) / count:.0f} B a leased socket"
    )


def main() -> None:
    """Measure both, and print two rows for the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--sessions", type=int, default=200)
    arguments.add_argument("--mitras", type=int, default=20_000)
    given = arguments.parse_args()
    command = f"python -m bench.session_cost --sessions {given.sessions} --mitras {given.mitras}"
    with stage() as on:
        print(row(f"commits of {CLIENTS} clients with and without NOTIFY", command, commits(on)))
        print(row("a session of three offers, one at a time", command, sessions(on, given.sessions)))
        print(row("Valkey's memory", command, asyncio.run(valkey(on, given.mitras))))


if __name__ == "__main__":
    main()
