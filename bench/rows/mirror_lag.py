"""From a commit in PostgreSQL until the change can be read in Valkey, against one NOTIFY hop and one round trip."""

import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Self
from uuid import UUID

import psycopg
import valkey

from bench import programs
from bench.programs import wait_for
from bench.row import P50, P99, Outcome, Run, Sample, in_turn, ratio
from bench.stage import percentile, stage
from bench.yardsticks import commands

WHAT = "mirror lag, commit → readable in Valkey"
WORKLOAD = (
    "1,000 mitras go online and offline: each after the last one is readable, and 200 a second. A keyspace event says"
    " when to read, and the lag ends when the answer shows the change. Nothing is pinned."
)

MITRAS = 1_000
TRANSITIONS = 200
RATE = 200.0
HOP, ALONE, PACED = "one NOTIFY hop, one SET", "one transition at a time", f"{RATE:g} transitions a second"
KEYS = "mitra:capacity:"
"""What both contenders write last to: a key of each mitra."""

YARDSTICK = f"{KEYS}yardstick"


def measure(run: Run) -> Outcome:
    with ExitStack() as stack:
        on = stack.enter_context(stage())
        mitras = stack.enter_context(on.fleet(MITRAS))
        conn = stack.enter_context(on.connect())
        watch = stack.enter_context(_Watch(on.valkey_url))
        hop = commands.hop(on.dsn, "yardstick", on.valkey_url, YARDSTICK)
        room = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(programs.running(hop, {}, room / "hop.log"))
        _notify_until_heard(conn, watch)
        fleet = _Fleet(conn, watch, mitras)
        samples = in_turn(run, {HOP: lambda: _hops(conn, watch), ALONE: fleet.one_at_a_time, PACED: fleet.paced})
    targets = [
        ratio(f"{which} ÷ hop and round trip, {name}", samples[name], samples[HOP], which, at_most=most)
        for name in (ALONE, PACED)
        for which, most in ((P50, 2), (P99, 5))
    ]
    return Outcome(targets, samples, drawn=P50)


class _Watch:
    """Tells which key was written, and reads it."""

    def __init__(self, url: str) -> None:
        self.client = valkey.Valkey.from_url(url)
        self._events = self.client.pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]

    def __enter__(self) -> Self:
        self.client.config_set("notify-keyspace-events", "K$")
        self._events.psubscribe(f"__keyspace@*__:{KEYS}*")
        self._events.get_message(timeout=1)
        return self

    def __exit__(self, *_: object) -> None:
        self._events.close()
        self.client.close()  # type: ignore[no-untyped-call]

    def written(self, *, seconds: float = 10.0) -> Iterator[str]:
        """The keys that are written, without end; nothing for so long raises TimeoutError."""
        while True:
            message = self._events.get_message(timeout=seconds)
            if message is None:
                raise TimeoutError(f"nothing was written for {seconds:g} s")
            yield message["channel"].decode().partition(":")[2]


class _Fleet:
    """Takes mitras online and offline, and measures until Valkey shows it."""

    def __init__(self, conn: psycopg.Connection, watch: _Watch, mitras: Sequence[UUID]) -> None:
        self._conn = conn
        self._watch = watch
        self._online = dict.fromkeys(map(str, mitras), True)
        self._turn = 0

    def one_at_a_time(self) -> Sample:
        lags = []
        for mitra in self._next(TRANSITIONS):
            committed = self._toggle(mitra)
            for key in self._watch.written():
                if key == KEYS + mitra and self._is_readable(mitra):
                    break
            lags.append(time.perf_counter() - committed)
        return _sample(lags)

    def paced(self) -> Sample:
        committed: dict[str, float] = {}
        arrived: dict[str, float] = {}
        mitras = self._next(TRANSITIONS)

        def commit() -> None:
            started = time.perf_counter()
            for number, mitra in enumerate(mitras):
                time.sleep(max(0.0, started + number / RATE - time.perf_counter()))
                committed[mitra] = self._toggle(mitra)

        committing = threading.Thread(target=commit)
        committing.start()
        for key in self._watch.written():
            mitra = key.removeprefix(KEYS)
            if mitra in mitras and self._is_readable(mitra):
                arrived.setdefault(mitra, time.perf_counter())
            if len(arrived) == len(mitras):
                break
        committing.join()
        # The commit may be readable before this process has heard of it.
        return _sample([max(0.0, arrived[mitra] - committed[mitra]) for mitra in mitras])

    def _next(self, count: int) -> list[str]:
        mitras = list(self._online)
        chosen = [mitras[(self._turn + number) % len(mitras)] for number in range(count)]
        self._turn += count
        return chosen

    def _toggle(self, mitra: str) -> float:
        self._online[mitra] = not self._online[mitra]
        function = "api.go_online" if self._online[mitra] else "api.go_offline"
        self._conn.execute(f"SELECT {function}(%s)".encode(), [mitra])
        return time.perf_counter()

    def _is_readable(self, mitra: str) -> bool:
        return bool(self._watch.client.sismember("mitras:online", mitra)) == self._online[mitra]


def _hops(conn: psycopg.Connection, watch: _Watch) -> Sample:
    lags = []
    for number in range(TRANSITIONS):
        conn.execute("SELECT pg_notify('yardstick', %s)", [str(number)])
        committed = time.perf_counter()
        for key in watch.written():
            if key == YARDSTICK and watch.client.get(YARDSTICK) == str(number).encode():
                break
        lags.append(time.perf_counter() - committed)
    return _sample(lags)


def _notify_until_heard(conn: psycopg.Connection, watch: _Watch) -> None:
    def is_heard() -> bool:
        conn.execute("SELECT pg_notify('yardstick', 'ready')")
        return watch.client.get(YARDSTICK) is not None

    wait_for(is_heard, "the yardstick hears")


def _sample(lags: Sequence[float]) -> Sample:
    return {P50: percentile(lags, 0.5), P99: percentile(lags, 0.99)}
