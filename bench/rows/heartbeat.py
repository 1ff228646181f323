"""Heartbeats over HTTP, against the same in Node and Go, and against uvicorn that does nothing."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from uuid import uuid4

from app.auth.tokens import Tokens
from bench.http_load import HttpLoad, http_load
from bench.row import P99, PER_CORE, RATE, Outcome, Run, Sample, Target, in_turn, ratio
from bench.stage import SECRET, Stage, stage
from bench.yardsticks import commands

WHAT = "heartbeat, HTTP"
WORKLOAD = "64 keep-alive connections, 10,000 mitras, each request the next mitra's; one process on one core."

MITRAS = 10_000
PATH = "/api/mitra/status/heartbeat"
OURS, PIPELINED, COALESCED, BARE, GO = (
    "Halobestie", "(a) Fastify, fast-jwt, iovalkey pipelining", "(b) the same, coalescing by hand",
    "(c) bare uvicorn callable, 204", "Go net/http, coalescing",
)  # fmt: skip
TARGETS = {
    PIPELINED: ("(a) Fastify with auto-pipelining", 3.0),
    COALESCED: ("(b) Fastify coalescing by hand", 1.8),
    BARE: ("(c) bare uvicorn callable", 1.5),
    GO: ("Go net/http", 0.5),
}
FIGURES = {RATE: "rate", PER_CORE: "per core"}
"""A rate is also bounded by what shares the machine: the load and Valkey have the other core."""


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage(pinned=True))
        tokens = Tokens(SECRET)
        mitras = stack.enter_context(on.fleet(MITRAS))
        issued = [tokens.issue("mitra", mitra, uuid4()) for mitra in mitras]
        load = stack.enter_context(http_load(run, on, tokens=issued))
        contenders = _contenders(stack, on, load)
        samples = in_turn(run, contenders)
    targets = [ratio(f"{word} ÷ {what}", samples[OURS], samples[who], of, at_least=least)
               for of, word in FIGURES.items() for who, (what, least) in TARGETS.items() if who in samples]  # fmt: skip
    p99 = Target("p99 ÷ (a)'s", [a[P99] / b[P99] for a, b in zip(samples[OURS], samples[PIPELINED], strict=True)])
    p99.at_most = 1.0
    notes = [] if GO in samples else ["Go was not measured: Debian's golang-go and its two packages were not there."]
    return Outcome([*targets, p99], samples, notes=notes)


def _contenders(stack: ExitStack, on: Stage, load: HttpLoad) -> dict[str, Callable[[], Sample]]:
    """Every server, started and warm."""
    room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    yardsticks = {
        PIPELINED: commands.node("heartbeat_pipelined"),
        COALESCED: commands.node("heartbeat_coalesced"),
        BARE: commands.uvicorn("bare:no_content"),
    }
    if commands.has_go():
        yardsticks[GO] = commands.go(room)
    servers = [(OURS, "api", stack.enter_context(on.api()))]
    for number, (who, command) in enumerate(yardsticks.items()):
        name = f"yardstick {number}"
        servers.append((who, name, stack.enter_context(on.yardstick(name, command))))
    for _, _, port in servers:
        load.warm(port, PATH, method="POST")
    return {who: partial(load.sample, name, port, PATH, method="POST") for who, name, port in servers}
