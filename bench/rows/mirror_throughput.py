"""A burst of changes: how many mitras a second reach Valkey, against one MSET of as many."""

import time
from contextlib import ExitStack
from itertools import cycle

import psycopg
import valkey

from bench.bystander import NOTHING, WORST, Bystander, nothing
from bench.programs import wait_for
from bench.row import RATE, Outcome, Run, Sample, Target, bound, in_turn
from bench.stage import Stage, stage

WHAT = "mirror throughput"
WORKLOAD = (
    "One transaction deactivates 20,000 mitras, the next activates them; from its commit until all of them are"
    " readable. Meanwhile another client asks Valkey 2,000 times a second. Nothing is pinned."
)

MITRAS = 20_000
OURS, MSET = "Halobestie", "one MSET of as many capacities and heartbeats"


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage())
        mitras = stack.enter_context(on.fleet(MITRAS))
        conn = stack.enter_context(on.connect())
        client = stack.enter_context(valkey.Valkey.from_url(on.valkey_url))
        values = {f"yardstick:{kind}:{mitra}": "2026-01-01T00:00:00.000Z" for mitra in mitras for kind in "ch"}
        states = cycle((False, True))
        contenders = {
            OURS: lambda: _burst(on, conn, client, is_active=next(states)),
            NOTHING: lambda: nothing(on.valkey_url),
            MSET: lambda: _mset(client, values),
        }
        samples = in_turn(run, contenders)
    targets = [
        Target("mitras a second", [sample[RATE] for sample in samples[OURS]], at_least=10_000),
        bound(WORST, samples[OURS], WORST, at_most=5),
    ]
    return Outcome(targets, samples)


def _burst(on: Stage, conn: psycopg.Connection, client: valkey.Valkey, *, is_active: bool) -> Sample:
    wanted = 0 if is_active else MITRAS
    with Bystander(on.valkey_url, command="SCARD", key="mitras:deactivated") as bystander:
        conn.execute("UPDATE core.mitras SET is_active = %s", [is_active])
        before, committed = on.processor_seconds(), time.perf_counter()
        wait_for(lambda: client.scard("mitras:deactivated") == wanted, "all are readable", pause=0.005)
        seconds, after = time.perf_counter() - committed, on.processor_seconds()
    costs = {f"{name}, CPU µs each": (after[name] - before[name]) / MITRAS * 1e6 for name in ("listener", "Valkey")}
    return {RATE: MITRAS / seconds, WORST: bystander.worst_seconds * 1000, **costs}


def _mset(client: valkey.Valkey, values: dict[str, str]) -> Sample:
    started = time.perf_counter()
    client.mset(values)
    return {RATE: MITRAS / (time.perf_counter() - started)}
