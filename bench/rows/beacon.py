"""The beacon, against uvicorn that does nothing, against Fastify, and against counting every mitra."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import msgspec
import valkey

from bench.http_load import HttpLoad, http_load
from bench.row import Outcome, Run, Sample, in_turn, ratio
from bench.stage import stage
from bench.yardsticks import commands

WHAT = "beacon"
WORKLOAD = (
    "`GET /api/availability`, 100,000 mitras online, over 64 keep-alive connections (counting each mitra: over one, for"
    " at least 15 seconds); one process on one core. *Expired*: the shared key is deleted a thousand times a second."
)

MITRAS = 100_000
SNAPSHOT = "availability:snapshot"
PATH = "/api/availability"
EXPIRE_SECONDS = 0.001
COUNTING_SECONDS = 15.0
"""One answer that counts takes seconds."""
OURS, EXPIRED, BARE, FASTIFY, COUNTING, FASTIFY_COUNTING = (
    "Halobestie", "Halobestie, expired", "bare uvicorn callable, the same answer", "Fastify, GET of the same key",
    "Python, SDIFF and 2 GETs a mitra", "Fastify, SDIFF and 2 GETs a mitra",
)  # fmt: skip


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage(pinned=True))
        stack.enter_context(on.fleet(MITRAS))
        many = stack.enter_context(http_load(run, on))
        long = msgspec.structs.replace(run, seconds=max(run.seconds, COUNTING_SECONDS))
        few = stack.enter_context(http_load(long, on, connections=1))
        ours = stack.enter_context(on.api())
        bare = stack.enter_context(on.yardstick("bare", commands.uvicorn("bare:beacon")))
        fastify = stack.enter_context(on.yardstick("fastify", commands.node("beacon")))
        counting = stack.enter_context(on.yardstick("counting", commands.uvicorn("counting:counted")))
        for port in (ours, bare, fastify):
            many.warm(port, PATH)
        contenders = {
            OURS: partial(many.sample, "api", ours, PATH),
            EXPIRED: partial(_expired, many, on.valkey_url, ours),
            BARE: partial(many.sample, "bare", bare, PATH),
            FASTIFY: partial(many.sample, "fastify", fastify, PATH),
            COUNTING: partial(few.sample, "counting", counting, PATH),
            FASTIFY_COUNTING: partial(few.sample, "fastify", fastify, "/counted"),
        }
        samples = in_turn(run, contenders)
    targets = [
        ratio(f"{how}: rate ÷ {what}", samples[who], samples[other], at_least=least)
        for who, how in ((OURS, "cached"), (EXPIRED, "expired"))
        for other, what, least in (
            (BARE, "a bare uvicorn callable", 1.0),
            (FASTIFY, "Fastify answering the same key", 2.5),
            (COUNTING, "counting in Python", 100.0),
            (FASTIFY_COUNTING, "counting in Fastify", 100.0),
        )
    ]
    return Outcome(targets, samples)


def _expired(load: HttpLoad, url: str, port: int) -> Sample:
    with _expiring(url):
        return load.sample("api", port, PATH)


@contextmanager
def _expiring(url: str) -> Iterator[None]:
    """Delete the shared beacon again and again."""
    done = threading.Event()

    def expire() -> None:
        with valkey.Valkey.from_url(url) as client:
            while not done.wait(EXPIRE_SECONDS):
                client.unlink(SNAPSHOT)

    thread = threading.Thread(target=expire)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
