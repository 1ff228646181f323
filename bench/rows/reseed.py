"""Building the whole mirror again, against COPY of the same rows and the same writes in a pipeline."""

import socket
import time
from contextlib import ExitStack
from urllib.parse import urlsplit

import httpx
import libvalkey
import psycopg

from bench.bystander import NOTHING, WORST, Bystander, nothing
from bench.programs import wait_for
from bench.row import Outcome, Run, Sample, bound, in_turn, ratio
from bench.stage import Stage, stage

WHAT = "reseed"
WORKLOAD = (
    "100,000 mitras (1,000,000 with SCALE=full), all online, in a mirror that is whole; another client counts those"
    " online 2,000 times a second. Nothing is pinned."
)

MITRAS, MANY = 100_000, 1_000_000
OURS, COPIED = "Halobestie", "COPY and the same writes, pipelined"
SECONDS, MEMORY, MISSING = "seconds", "listener MiB more", "mitras missing, at most"
ROWS = """
COPY (
    SELECT mitra.id, status.is_online, mitra.is_active, load.capacity,
        coalesce(mitra.max_sessions, (SELECT value::integer FROM core.app_config WHERE key = 'mitra_max_sessions')),
        status.last_heartbeat_at, greatest(load.idle_since, status.last_online_at), load.version
    FROM core.mitras AS mitra
    JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
    JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
) TO STDOUT
"""
PIPELINED = 10_000
"""So many commands are on the way at a time."""


def measure(run: Run) -> Outcome:
    mitras = MANY if run.is_full else MITRAS
    with ExitStack() as stack:
        on = stack.enter_context(stage())
        stack.enter_context(on.fleet(mitras))
        port = on.ports["listener"]
        conn = stack.enter_context(on.connect())
        contenders = {
            OURS: lambda: _reseed(on, conn, port, mitras),
            COPIED: lambda: copy_rows(conn, on.valkey_url),
            NOTHING: lambda: nothing(on.valkey_url),
        }
        samples = in_turn(run, contenders)
    targets = [
        ratio(f"time ÷ COPY and pipelined writes, {mitras:,}", samples[OURS], samples[COPIED], SECONDS, at_most=2),
        bound(MISSING, samples[OURS], MISSING, at_most=0),
        bound(WORST, samples[OURS], WORST, at_most=5),
    ]
    return Outcome(targets, samples, drawn=SECONDS)


def _reseed(on: Stage, conn: psycopg.Connection, port: int, mitras: int) -> Sample:
    before, memory = _complete(port), on.memory("listener")
    with Bystander(on.valkey_url, command="SCARD", key="mitras:online") as bystander:
        conn.execute("SELECT api.request_reseed(NULL)")
        wait_for(lambda: _complete(port) > before, "the mirror was reseeded", pause=0.2)
    return {
        SECONDS: _metric(port, "halobestie_mirror_reseed_seconds"),
        MEMORY: (on.memory("listener") - memory) / 2**20,
        MISSING: float(mitras - (bystander.fewest or 0)),
        WORST: bystander.worst_seconds * 1000,
    }


def _complete(port: int) -> float:
    return _metric(port, 'halobestie_mirror_reseeds_total{outcome="complete"}')


def _metric(port: int, series: str) -> float:
    page = httpx.get(f"http://127.0.0.1:{port}/metrics").text
    return next(float(line.rpartition(" ")[2]) for line in page.splitlines() if line.startswith(f"{series} "))


def copy_rows(conn: psycopg.Connection, url: str) -> Sample:
    """The yardstick."""
    address = urlsplit(url)
    started = time.perf_counter()
    commands: list[bytes] = []
    with (
        socket.create_connection((str(address.hostname), int(address.port or 6379))) as valkey,
        conn.cursor().copy(ROWS) as copy,
    ):
        for row in copy.rows():
            commands += _writes([str(value) for value in row])
            if len(commands) >= PIPELINED:
                _send(valkey, commands)
        _send(valkey, commands)
    return {SECONDS: time.perf_counter() - started}


def _writes(row: list[str]) -> list[bytes]:
    """What the mirror writes of a mitra who is online and available: as many keys and members."""
    mitra, _, _, capacity, _, heartbeat, _, version = row
    commands = (
        ("SADD", "yardstick:online", mitra),
        ("SREM", "yardstick:deactivated", mitra),
        ("SET", f"yardstick:capacity:{mitra}", capacity),
        ("SET", f"yardstick:heartbeat:{mitra}", heartbeat),
        ("HSET", "yardstick:mitras", mitra, f"{version} 1"),
        ("ZADD", "yardstick:free", version, mitra),
        ("ZADD", "yardstick:ranked", version, mitra),
    )
    return [libvalkey.pack_command(command) for command in commands]


def _send(valkey: socket.socket, commands: list[bytes]) -> None:
    valkey.sendall(b"".join(commands))
    reader = libvalkey.Reader()
    while commands:
        reader.feed(valkey.recv(65_536))
        while commands and reader.gets() is not False:
            commands.pop()
