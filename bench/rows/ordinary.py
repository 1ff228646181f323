"""What an ordinary request costs before it does anything: ours against an empty answer of others."""

from contextlib import ExitStack
from functools import partial

from bench.http_load import http_load
from bench.row import PER_CORE, RATE, Outcome, Run, in_turn, ratio
from bench.stage import stage
from bench.yardsticks import commands

WHAT = "an ordinary request"
WORKLOAD = "`GET /healthz` over 64 keep-alive connections, against empty answers; one process on one core."

PATH = "/healthz"
OURS, FALCON, BARE, FASTIFY = "Halobestie", "bare Falcon, 204", "bare uvicorn callable, 204", "Fastify, 204"


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage(pinned=True))
        load = stack.enter_context(http_load(run, on))
        servers = {OURS: ("api", stack.enter_context(on.api()))}
        for who, name, command in (
            (FALCON, "falcon", commands.uvicorn("falcon_app:application")),
            (BARE, "bare", commands.uvicorn("bare:no_content")),
            (FASTIFY, "fastify", commands.node("empty")),
        ):
            servers[who] = (name, stack.enter_context(on.yardstick(name, command)))
        for _, port in servers.values():
            load.warm(port, PATH)
        samples = in_turn(run, {who: partial(load.sample, *server, PATH) for who, server in servers.items()})
    targets = [ratio(f"{word} ÷ a bare Falcon app", samples[OURS], samples[FALCON], of, at_least=0.8)
               for of, word in ((RATE, "rate"), (PER_CORE, "per core"))]  # fmt: skip
    return Outcome(targets, samples)
