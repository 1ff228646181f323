"""What an idle WebSocket costs in memory, against a bare Falcon app."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from uuid import UUID, uuid4

from app.auth.tokens import Tokens
from app.wire.connection_limits import raise_file_limit
from bench.device import open_all
from bench.row import Outcome, Run, Sample, in_turn, ratio
from bench.stage import SECRET, Stage, stage
from bench.yardsticks import commands

WHAT = "sockets"
WORKLOAD = (
    "2,000 idle sockets on one process, each of its own mitra (SCALE=full: 10,000); the memory that they add, after"
    " 200 others have come and gone. Each round starts the process anew."
)

SOCKETS, FULL_SOCKETS = 2_000, 10_000
WARM_SOCKETS = 200
SETTLE_SECONDS = 2.0
KIB = "KiB a socket"
OURS, FALCON = "Halobestie", "a bare Falcon app, no compression"


def measure(run: Run) -> Outcome:
    raise_file_limit()
    count = FULL_SOCKETS if run.is_full else SOCKETS
    with stage(pinned=True) as on, on.fleet(count) as mitras:
        falcon = partial(on.yardstick, "falcon", commands.uvicorn("falcon_app:application"))
        contenders: dict[str, Callable[[], Sample]] = {
            OURS: partial(_round, on, "api", on.api, mitras),
            FALCON: partial(_round, on, "falcon", falcon, mitras),
        }
        samples = in_turn(run, contenders)
    target = ratio("memory ÷ a bare Falcon app's", samples[OURS], samples[FALCON], KIB, at_most=1.5)
    return Outcome([target], samples, drawn=KIB)


def _round(on: Stage, name: str, serve: Callable[[], AbstractContextManager[int]], mitras: Sequence[UUID]) -> Sample:
    issuer = Tokens(SECRET)
    tokens = [issuer.issue("mitra", mitra, uuid4()) for mitra in mitras]
    with serve() as port:
        return asyncio.run(_memory(on, name, port, tokens, greeted=name == "api"))


async def _memory(on: Stage, name: str, port: int, tokens: Sequence[str], *, greeted: bool) -> Sample:
    for device in await open_all(port, tokens[:WARM_SOCKETS], greeted=greeted):
        device.transport.close()
    await asyncio.sleep(SETTLE_SECONDS)
    before = on.memory(name)
    devices = await open_all(port, tokens, greeted=greeted)
    await asyncio.sleep(SETTLE_SECONDS)
    codes = Counter(device.closed.result() for device in devices if device.closed.done())
    if codes:
        raise RuntimeError(f"of {len(devices)} sockets these were closed, by code: {dict(codes)}")
    return {KIB: (on.memory(name) - before) / 1024 / len(devices)}
