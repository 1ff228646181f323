"""`halobestie api --workers`: several processes on one port, as their clients, Prometheus and an operator meet them."""

import asyncio
import contextlib
import errno
import json
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from multiprocessing.context import ForkProcess
from pathlib import Path

import httpx
import psutil
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.development.processes import Family, free_port
from app.serving.workers import FIRST_PAUSE_SECONDS, Fork
from app.settings import ApiSettings
from tests.support.api_process import ApiProcess
from tests.support.command import environment
from tests.support.http_apps import valkey_away
from tests.support.market import Market, Person
from tests.support.mirror import kept_mirror
from tests.support.sockets import Outbox, Socket
from tests.support.tokens import TEST_JWT_SECRET
from tests.support.waiting import PATIENCE_SECONDS, START_SECONDS, eventually, until

WORKERS = 2
MOST_CONNECTIONS = 40
"""With so many connections each worker has one of them, but for one time in 2^39."""


class Workers:
    """The public app by two workers."""

    def __init__(self, process: ApiProcess, log: Path, metrics: str) -> None:
        self.process = process
        self._log = log
        self._metrics = metrics

    def logged(self, event: str) -> list[dict[str, object]]:
        lines = map(json.loads, self._log.read_text().splitlines())
        return [line for line in lines if line["event"] == event]

    def pid(self, child: str) -> int:
        (*_, last) = [line["pid"] for line in self.logged("child_started") if line["child"] == child]
        assert isinstance(last, int)
        return last

    async def by_worker(self, series: str, **labels: str) -> Counter[str]:
        """The values of a series by worker, summed over all other labels."""
        async with httpx.AsyncClient(trust_env=False) as http:
            page = (await http.get(self._metrics)).text
        found = Counter[str]()
        for family in text_string_to_metric_families(page):
            for sample in family.samples:
                if sample.name == series and labels.items() <= sample.labels.items():
                    found[sample.labels["worker"]] += int(sample.value)
        return found

    @contextlib.asynccontextmanager
    async def device(self, user: Person) -> AsyncIterator[Socket]:
        url = f"ws://127.0.0.1:{self.process.port}/ws"
        protocols = [Subprotocol("halobestie.v1"), Subprotocol(f"bearer.{user.token()}")]
        async with connect(url, subprotocols=protocols, compression=None, proxy=None) as connection:
            device = Socket(connection)
            assert (await device.next())["type"] == "ready"
            await device.send(type="resume", after_seq=0)
            await device.until("resumed")
            yield device


@pytest.fixture
async def workers(api_settings: ApiSettings, family: Family, tmp_path: Path) -> AsyncIterator[Workers]:
    metrics = free_port()
    process = ApiProcess(
        family,
        tmp_path / "log",
        DATABASE_URL=api_settings.database_url,
        VALKEY_URL=api_settings.valkey_url,
        API_WORKERS=str(WORKERS),
        METRICS_PORT=str(metrics),
    )
    async with kept_mirror(api_settings) as mirror:
        await mirror.seed()
        await process.start()
        workers = Workers(process, tmp_path / "log", f"http://127.0.0.1:{metrics}/metrics")

        async def are_there() -> bool:
            try:
                return len(await workers.by_worker("halobestie_build_info")) == WORKERS
            except httpx.TransportError:
                return False

        await eventually(are_there, "all workers and their metrics are there", seconds=START_SECONDS)
        yield workers
    process.kill()


async def test_workers_serve_one_port_together_are_replaced_and_end_when_everything_is_answered(
    workers: Workers, market: Market, outbox: Outbox, database_url: str
) -> None:
    mitra, customer, package = market.mitra(), market.customer(), market.package()
    assert len(workers.logged("settled_payments")) == 1

    async with contextlib.AsyncExitStack() as stack:
        # Two devices of one user on two workers hear the same.
        devices: list[Socket] = []
        while (
            len(held := await workers.by_worker("halobestie_sockets", user_type="mitra")) < 1 or min(held.values()) < 1
        ):
            assert len(devices) < MOST_CONNECTIONS
            devices.append(await stack.enter_async_context(workers.device(mitra)))
        assert held.total() == len(devices)
        seq = await outbox.tell(mitra, "status_changed")
        assert {(await device.until("status_changed"))[-1]["seq"] for device in devices} == {seq}

    # The metrics of all are the sum of the workers'.
    clients: list[httpx.AsyncClient] = []
    served = Counter[str]()
    while len([worker for worker, count in served.items() if count]) < WORKERS:
        assert len(clients) < MOST_CONNECTIONS
        clients.append(httpx.AsyncClient(base_url=workers.process.url, trust_env=False, timeout=PATIENCE_SECONDS))
        assert (await clients[-1].get("/healthz")).status_code == 200
        served = await workers.by_worker("halobestie_http_request_seconds_count", route="/healthz")
    assert served.total() == len(clients)

    # The other serves while one is gone, and another takes its place.
    killed = workers.pid("2")
    psutil.Process(killed).kill()
    until(lambda: not psutil.pid_exists(killed), "the worker is gone")
    while workers.pid("2") == killed or not (await workers.by_worker("halobestie_build_info"))["2"]:
        async with httpx.AsyncClient(base_url=workers.process.url, trust_env=False) as fresh:
            assert (await fresh.get("/healthz")).status_code == 200
    (ended,) = workers.logged("child_ended")
    assert (ended["child"], ended["exit_code"]) == ("2", -signal.SIGKILL)
    assert len(workers.logged("settled_payments")) == 1

    # What is under way at the end is answered by all.
    for client in clients:
        await client.aclose()
    asking: list[asyncio.Task[httpx.Response]] = []
    with psycopg.connect(database_url) as blocker:
        blocker.execute("SELECT FROM core.customers WHERE id = %s FOR NO KEY UPDATE", [customer.id])
        async with httpx.AsyncClient(base_url=workers.process.url, trust_env=False, timeout=PATIENCE_SECONDS) as client:
            for _ in range(8):
                body = {"package_id": str(package)}
                asking.append(
                    asyncio.create_task(client.post("/api/payment-requests", json=body, headers=customer.headers))
                )

            async def all_wait() -> bool:
                return await market.queue_for_locks() == len(asking)

            await eventually(all_wait, "every request waits for the customer")
            workers.process.child.ask_to_stop()
            until(lambda: not listens(workers.process.port), "nobody takes further connections")
            blocker.rollback()
            answers = await asyncio.gather(*asking)
    assert {answer.status_code for answer in answers} <= {200, 201}
    assert await asyncio.to_thread(workers.process.child.wait, START_SECONDS)
    assert workers.process.child.exit_code() == 0


def listens(port: int) -> bool:
    return any(
        connection.laddr.port == port and connection.status == psutil.CONN_LISTEN
        for connection in psutil.net_connections("tcp4")
    )


CREW = """
import os, signal, sys, time
from app.serving import workers
from app.serving.workers import Fork, supervise, tell_serving

workers.END_SECONDS = 0.5
supervisor = os.getpid()

def deaf(is_first):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    tell_serving(supervisor)
    time.sleep(600)

def brief(is_first):
    sys.exit(5)

def asleep(is_first):
    time.sleep(600)

crew = {"deaf": deaf, "brief": brief, "asleep": asleep}
first, *others = (Fork(name, crew[name]) for name in sys.argv[1:])
sys.exit(supervise(first, others))
"""


def crew(*names: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CREW, *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def test_when_the_first_worker_can_not_start_neither_can_all() -> None:
    with crew("brief", "deaf") as supervisor:
        assert supervisor.wait(START_SECONDS) == 5


STAYS_AWAY = """
import sys
from app.cli import main
from app.readiness.settle import settle

settle.__kwdefaults__["patience"] = 0.1
sys.argv = ["halobestie", "api", "--workers", "2"]
main()
"""


def test_a_postgresql_that_stayed_away_at_the_start_of_the_first_worker_is_said_in_sentences(tmp_path: Path) -> None:
    settings = {
        "APP_ENV": "development",
        "OTP_PROVIDER": "fixed",
        "AUTH_JWT_SECRET": TEST_JWT_SECRET,
        "DATABASE_URL": f"postgresql://x@127.0.0.1:{free_port()}/x",
        "VALKEY_URL": valkey_away(),
        "PUBLIC_PORT": str(free_port()),
        "METRICS_PORT": str(free_port()),
        "LOG_FORMAT": "json",
    }
    command = [sys.executable, "-c", STAYS_AWAY]
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=START_SECONDS,
        env=environment(settings),
        cwd=tmp_path,
    )
    said = [line for line in ended.stderr.splitlines() if not line.startswith("{")]
    assert ended.returncode == 1
    assert said[0].startswith("PostgreSQL could not be used: ")
    assert said[-1] == "`halobestie doctor` says more."
    assert "Traceback" not in ended.stderr


def test_a_child_that_ends_again_and_again_is_started_less_and_less_and_a_deaf_one_is_killed_at_the_end() -> None:
    with crew("deaf", "brief") as supervisor:
        assert supervisor.stdout is not None
        pauses: list[float] = []
        while len(pauses) < 3:
            line = supervisor.stdout.readline()
            assert line, "the supervisor runs"
            if "child_ended" in line:
                pauses.append(float(line.partition("again_in_seconds=")[2].split()[0]))
        assert 0.1 <= pauses[0] <= 0.3
        assert 0.4 <= pauses[2] <= 1.2
        supervisor.send_signal(signal.SIGINT)
        assert supervisor.wait(START_SECONDS) == 1


def test_nobody_is_left_behind_by_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    with crew("asleep") as supervisor:
        assert supervisor.stdout is not None
        while "child_started" not in (line := supervisor.stdout.readline()):
            assert line, "the supervisor runs"
        (child,) = psutil.Process(supervisor.pid).children()
        supervisor.kill()
        until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "its child ends, too")


def test_a_child_that_the_system_refuses_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_process: ForkProcess) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(ForkProcess, "start", refuse)
    child = Fork("a", lambda _is_first: None)
    assert not child.start()
    until(lambda: child.replace() > FIRST_PAUSE_SECONDS, "it was tried again, and the pause has grown")
    assert child.end(0)
