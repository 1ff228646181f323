"""How soon comes what the contract promises within seconds, on a system that is well."""

import asyncio
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import httpx
import psycopg

from app.auth.tokens import Tokens
from bench import programs
from bench.device import Device
from bench.heavy_reports import operator_token
from bench.row import Outcome, Run, Samples, bound
from bench.stage import SECRET, stage

WHAT = "promises in seconds"
WORKLOAD = (
    "From the commit, the signal or the start until it is seen from outside: by a mitra's socket, by a stream of the"
    " dashboard, by the end of a process, and by the first screen of `make run` (installed, from an empty directory)."
)

SECONDS = "seconds"
SIGNED_OUT, STREAM, SETTING = (
    "a deactivated mitra's socket closed",
    "a stream without its right ended",
    "a setting told",
)
LISTENER, SCREEN, STOP = "a listener ended", "the first screen of make run", "make run ended"
AT_MOST = {SIGNED_OUT: 1.0, STREAM: 1.0, SETTING: 1.0, LISTENER: 8.0, SCREEN: 60.0, STOP: 12.0}
CODE_OF_SIGNED_OUT = 4403
PATIENCE_SECONDS = 30.0


def measure(run: Run) -> Outcome:
    samples: Samples = {what: [] for what in AT_MOST}
    for _ in range(run.rounds):
        for what, seconds in {**_on_a_stage(), **_of_make_run()}.items():
            samples[what].append({SECONDS: seconds})
    targets = [bound(what, samples[what], SECONDS, at_most=most) for what, most in AT_MOST.items()]
    return Outcome(targets, samples, drawn=SECONDS)


def _on_a_stage() -> dict[str, float]:
    with stage() as on, ExitStack() as listening, on.connect() as conn:
        listening.enter_context(on.listener())
        [pair] = on.pairs(1)
        login = conn.execute("SELECT family FROM core.auth_sessions WHERE user_id = %s", [pair.mitra_id]).fetchone()
        assert login is not None
        token = Tokens(SECRET).issue("mitra", pair.mitra_id, login[0])
        with on.api() as port:
            found = asyncio.run(_of_sockets(port, token, conn, pair.mitra_id))
        conn.execute("INSERT INTO core.roles (name, permissions) VALUES ('bench', '{\"dashboard\": [\"read\"]}')")
        operator = operator_token(conn, role="bench")
        with on.serving("internal", "halo_cc", "INTERNAL_PORT", AUTH_JWT_SECRET=SECRET) as port:
            found[STREAM] = asyncio.run(_of_a_stream(port, operator, conn))
        began = time.monotonic()
        listening.close()
        return found | {LISTENER: time.monotonic() - began}


async def _of_sockets(port: int, token: str, conn: psycopg.Connection, mitra: UUID) -> dict[str, float]:
    device = await Device.open(port, token)
    told = asyncio.Event()
    device.on_text = lambda text: told.set() if b'"config_changed"' in text else None
    async with asyncio.timeout(PATIENCE_SECONDS):
        await device.heard.wait()
        conn.execute("SELECT api.set_config('offer_timeout_seconds', '31')")
        began = time.monotonic()
        await told.wait()
        setting = time.monotonic() - began
        conn.execute("SELECT api.deactivate_mitra(%s)", [mitra])
        began = time.monotonic()
        code = await device.closed
    if code != CODE_OF_SIGNED_OUT:
        raise RuntimeError(f"the socket of a deactivated mitra was closed with {code}")
    return {SETTING: setting, SIGNED_OUT: time.monotonic() - began}


async def _of_a_stream(port: int, token: str, conn: psycopg.Connection) -> float:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS) as client,
        client.stream("GET", "/internal/dashboard/stream", headers=headers) as answer,
    ):
        lines = answer.raise_for_status().aiter_lines()
        await anext(lines)
        conn.execute("UPDATE core.roles SET permissions = '{}' WHERE name = 'bench'")
        began = time.monotonic()
        async for _ in lines:
            pass
        return time.monotonic() - began


def _of_make_run() -> dict[str, float]:
    from tests.support.run import running  # the tests know the rows

    with TemporaryDirectory(prefix="halobestie-bench-") as directory:
        began = time.monotonic()
        with running(Path(directory) / "data", SIMULATE="1") as made:
            login = f"http://127.0.0.1:{made.ports['internal']}/login"
            programs.wait_for(lambda: _is_there(login), "the first screen", made.process)
            screen = time.monotonic() - began
            made.process.terminate()
            began = time.monotonic()
            made.ended()
            return {SCREEN: screen, STOP: time.monotonic() - began}


def _is_there(url: str) -> bool:
    with suppress(httpx.TransportError):
        return httpx.get(url).is_success
    return False
