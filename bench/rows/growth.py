"""What the mirror's questions cost the Valkey server as the fleet grows."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import uvloop

from app.mirror.scripts import Script
from app.mirror.server import Server
from app.mirror.writer import MITRAS_A_CALL, Writer
from app.settings import ValkeySettings
from app.sql.mirror import MitraState
from bench.row import Outcome, Run, Target
from bench.stage import stage

WHAT = "beacon, candidates, stale sweep as N grows"
WORKLOAD = (
    "A mirror of 1,000, 10,000, 100,000 (and 1,000,000 with SCALE=full) mitras online, 100 of them silent. Of each"
    " question 500 calls a round; the cost is what Valkey itself counts (INFO commandstats), the least of the rounds."
)

SIZES = (1_000, 10_000, 100_000)
MANY = 1_000_000
SILENT = 100
CALLS = 500
EPOCH = 1
STALE_SECONDS = 3600.0
UNIT = "µs of Valkey a question"


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage())
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            costs = runner.run(_grow(ValkeySettings(valkey_url=on.valkey_url), run))
    smallest, *_, largest = costs
    curves = {name: {size: min(rounds[name]) for size, rounds in costs.items()} for name in costs[smallest]}
    targets = [
        Target(
            f"{name}, {largest:,} ÷ {smallest:,}",
            [many / few for many, few in zip(costs[largest][name], costs[smallest][name], strict=True)],
            at_most=2,
        )
        for name in curves
    ]
    return Outcome(targets, curves=curves, unit=UNIT)


async def _grow(settings: ValkeySettings, run: Run) -> dict[int, dict[str, list[float]]]:
    """By size, what each question cost in each round; the mirrors stand side by side, and are asked in turn."""
    servers = {}
    for size in (*SIZES, MANY) if run.is_full else SIZES:
        own = settings.model_copy(update={"valkey_key_prefix": f"{size}:"})
        servers[size] = await Server.open(own, name="bench", timeout=10)
        await _fill(servers[size], size)
    costs: dict[int, dict[str, list[float]]] = {size: {} for size in servers}
    for _ in range(run.rounds):
        for size, server in servers.items():
            for name, cost in (await _ask(server)).items():
                costs[size].setdefault(name, []).append(cost)
    for server in servers.values():
        await server.close()
    return costs


async def _fill(server: Server, mitras: int) -> None:
    writer = Writer(server, epoch=EPOCH)
    await writer.begin("bench", heartbeat_stale_seconds=STALE_SECONDS)
    now = datetime.now(UTC)
    for first in range(0, mitras, MITRAS_A_CALL):
        await writer.apply(
            [
                MitraState(
                    mitra_id=uuid4(),
                    is_online=True,
                    is_active=True,
                    capacity=number % 3,
                    max_sessions=3,
                    last_heartbeat_at=now - timedelta(hours=2) if number < SILENT else now,
                    idle_since=now - timedelta(seconds=number),
                    version=1,
                )
                for number in range(first, min(first + MITRAS_A_CALL, mitras))
            ]
        )
    await writer.finish("bench")
    # The sweep for silent mitras trusts only a mirror that has been whole for longer than they may be silent.
    await server.command("HSET", server.keys.epoch, "whole_since", 1)


async def _ask(server: Server) -> dict[str, float]:
    scripts = server.scripts
    return {
        "beacon": await _cost(server, scripts.beacon),
        "beacon, snapshot expired": await _cost(server, scripts.beacon, expire=server.keys.snapshot),
        "10 candidates": await _cost(server, scripts.candidates, 10),
        "the stale, at most 500": await _cost(server, scripts.stale, 500),
        "status": await _cost(server, scripts.status),
        "eviction, each second": await _cost(server, scripts.evict, str(EPOCH), 200, "1.0", 1),
        "patrol of 500, each second": await _cost(server, scripts.patrol, str(EPOCH), "0"),
    }


async def _cost(server: Server, script: Script, *arguments: str | float, expire: str | None = None) -> float:
    """Microseconds of a call, by Valkey's own count."""
    await server.command("SET", server.keys.alive, EPOCH, "PX", 5000)  # as the leading listener does each second
    await server.command("CONFIG", "RESETSTAT")
    for _ in range(CALLS):
        if expire is not None:
            await server.command("DEL", expire)
        await server.run(script, *arguments)
    statistics: bytes = await server.command("INFO", "commandstats")
    (line,) = (line for line in statistics.decode().splitlines() if line.startswith("cmdstat_evalsha:"))
    return float(line.partition("usec_per_call=")[2].partition(",")[0])
