"""Mirror lag: from a commit in PostgreSQL until the change can be read in Valkey.

Starts an embedded PostgreSQL and Valkey and a listener in a process of its own, then takes one mitra after another
online and offline and watches `mitras:online`. The yardstick, in the same run: one raw NOTIFY hop (commit to a
listening psycopg session) plus one Valkey round trip.

    python -m bench.mirror_lag [--transitions 500] [--rate 200] [--mitras 1000]
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import valkey.asyncio

from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family, free_port
from app.development.valkey import EmbeddedValkey
from app.postgres.migrations import migrate

LOOK_SECONDS = 0.0002
"""Between two looks: often enough to see the change in time, seldom enough to leave the processor to the listener."""


def percentile(samples: Sequence[float], fraction: float) -> float:
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(fraction * len(ordered)))] * 1000


def report(name: str, samples: Sequence[float]) -> tuple[float, float]:
    p50, p99 = percentile(samples, 0.5), percentile(samples, 0.99)
    print(f"{name:<44} p50 {p50:7.2f} ms   p99 {p99:7.2f} ms   n {len(samples)}")
    return p50, p99


async def notify_hop(dsn: str, count: int) -> list[float]:
    """From a commit to a session that listens."""
    samples = []
    async with (
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as listening,
        await psycopg.AsyncConnection.connect(dsn, autocommit=True) as speaking,
    ):
        await listening.execute("LISTEN yardstick")
        heard = 0.0
        for number in range(count):
            await speaking.execute("SELECT pg_notify('yardstick', %s)", [str(number)])
            committed = time.perf_counter()
            async for _ in listening.notifies(timeout=5, stop_after=1):
                heard = time.perf_counter()
            samples.append(heard - committed)
    return samples


async def round_trip(url: str, count: int) -> list[float]:
    """One command to Valkey and back."""
    samples = []
    async with valkey.asyncio.Valkey.from_url(url) as client:
        for _ in range(count):
            started = time.perf_counter()
            await client.get("nothing")
            samples.append(time.perf_counter() - started)
    return samples


async def lags(
    dsn: str, url: str, mitras: list[UUID], online: set[UUID], transitions: int, rate: float | None
) -> list[float]:
    """From the return of COMMIT to the first read that shows the change; `rate` a second, or one after the other.

    `online` are those who are, before and after.
    """
    samples: list[float] = []
    async with valkey.asyncio.Valkey.from_url(url) as client:

        async def watch(mitra_id: UUID, wanted: int) -> None:
            committed = time.perf_counter()
            while await client.sismember("mitras:online", str(mitra_id)) != wanted:
                if time.perf_counter() - committed > 10:
                    raise TimeoutError(f"{mitra_id} is not there after 10 s")
                await asyncio.sleep(LOOK_SECONDS)
            samples.append(time.perf_counter() - committed)

        async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
            watching = []
            started = time.perf_counter()
            for number in range(transitions):
                mitra_id = mitras[number % len(mitras)]
                goes_online = mitra_id not in online
                online.symmetric_difference_update([mitra_id])
                await conn.execute(
                    "SELECT api.go_online(%s)" if goes_online else "SELECT api.go_offline(%s)", [mitra_id]
                )
                if rate is None:
                    await watch(mitra_id, int(goes_online))
                else:
                    watching.append(asyncio.create_task(watch(mitra_id, int(goes_online))))
                    await asyncio.sleep(max(0.0, started + (number + 1) / rate - time.perf_counter()))
            await asyncio.gather(*watching)
    return samples


async def measure(postgres: EmbeddedPostgres, server: EmbeddedValkey, arguments: argparse.Namespace) -> None:
    dsn = postgres.url("halobestie")
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "INSERT INTO core.mitras (display_name, phone)"
            " SELECT 'Bench', '+6281' || lpad(n::text, 8, '0') FROM generate_series(1, %s) AS n",
            [arguments.mitras],
        )
        mitras = [row[0] for row in conn.execute("SELECT id FROM core.mitras").fetchall()]
    hop = report("yardstick: one NOTIFY hop", await notify_hop(dsn, 300))
    trip = report("yardstick: one Valkey round trip", await round_trip(server.url, 300))
    online: set[UUID] = set()
    for name, rate in (("one transition at a time", None), (f"{arguments.rate:g} transitions/s", arguments.rate)):
        p50, p99 = report(
            f"commit → readable, {name}", await lags(dsn, server.url, mitras, online, arguments.transitions, rate)
        )
        yard50, yard99 = hop[0] + trip[0], hop[1] + trip[1]
        print(f"{'':<44} ratio p50 {p50 / yard50:5.2f}      p99 {p99 / yard99:5.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--transitions", type=int, default=500)
    parser.add_argument("--rate", type=float, default=200.0)
    parser.add_argument("--mitras", type=int, default=1000)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="halobestie-bench-") as directory, Family() as family:
        room = Path(directory)
        postgres = EmbeddedPostgres(room / "data", family=family, log=room / "postgres.log")
        postgres.start()
        server = EmbeddedValkey(family=family, log=room / "valkey.log")
        server.start()
        with psycopg.connect(postgres.url(), autocommit=True) as conn:
            conn.execute("CREATE DATABASE halobestie")
        migrate(postgres.url("halobestie"))
        port = free_port()
        environment = {
            **os.environ,
            "APP_ENV": "development",
            "DATABASE_URL": postgres.url("halobestie", role="halo_listener"),
            "VALKEY_URL": server.url,
            "LISTENER_PORT": str(port),
        }
        log = (room / "listener.log").open("wb")
        listener = subprocess.Popen([sys.executable, "-m", "app", "listener"], env=environment, stdout=log, stderr=log)
        try:
            for _ in range(300):
                try:
                    if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                        break
                except httpx.TransportError:
                    time.sleep(0.1)
            asyncio.run(measure(postgres, server, arguments))
        finally:
            listener.terminate()
            listener.wait(10)
            log.close()


if __name__ == "__main__":
    main()
