"""A soak: nothing breaks for a long time, and what the system uses must stay level."""

import contextlib
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import psutil
import psycopg
import valkey
from rich.table import Table

from tests.chaos.faults.catalogue import FaultKind
from tests.chaos.place import Place

LOOK_SECONDS = 5.0
"""At least so many seconds lie between two looks."""

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Quantity:
    """What is looked at, and how much more of it may be there at the end than in the middle."""

    what: str
    """Its name is the beginning of the names of its values."""
    share: float
    allowance: float
    """It may grow by this share, or by so much when that is more."""
    is_counted: bool = False
    """Whether it is a total that only grows; then its growth by the work done between two looks must stay level."""


QUANTITIES = (
    Quantity("memory in MB", 0.1, 10),
    Quantity("file handles", 0.1, 10),
    Quantity("connections", 0.1, 10),
    Quantity("dead rows", 0.5, 5_000),
    Quantity("partitions", 0.0, 0),
    Quantity("log in kB by 1,000 rows written", 0.5, 5, is_counted=True),
)


class Look(NamedTuple):
    """What was used at one moment: by the quantity and whose it is."""

    at: float
    values: Mapping[str, float]
    rows: float
    """How many rows were written until then, for how much is logged depends on how much is done."""


class Level(NamedTuple):
    """One value in the course of a soak: its median in the second and in the last quarter, and the most of it."""

    name: str
    before: float
    after: float
    most: float
    is_level: bool


class Soak:
    """Looks at what a place uses, as a fault that breaks nothing (`kind`)."""

    def __init__(self) -> None:
        self.looks: list[Look] = []
        self.kind = FaultKind("a look at what is used", frozenset(), 30.0, self._look)

    def levels(self) -> list[Level]:
        """How each value went; the first quarter is left out, in which caches fill."""
        names = dict.fromkeys(name for look in self.looks for name in look.values)
        return [level for name in names if (level := _level(name, self.looks)) is not None]

    @contextlib.asynccontextmanager
    async def _look(self, place: Place) -> AsyncIterator[None]:
        now = time.monotonic()
        if not self.looks or now - self.looks[-1].at >= LOOK_SECONDS:
            self.looks.append(look(place, now))
        yield


def look(place: Place, now: float) -> Look:
    """What a place uses now."""
    found: dict[str, float] = {}
    ours = [(name, part.child.pid) for name, part in place.processes.items()]
    for name, pid in [*ours, ("valkey", place.valkey.child.pid), ("postgres", place.postgres.child.pid)]:
        memory, handles = _used(pid)
        found[f"memory in MB, {name}"] = memory / MEGABYTE
        found[f"file handles, {name}"] = handles
    with valkey.Valkey.from_url(place.valkey.url, socket_timeout=5) as mirror:
        clients: dict[str, int] = mirror.info("clients")
        found["connections, valkey"] = clients["connected_clients"]
    with place.owner() as conn:
        for row in conn.execute(
            "SELECT usename, count(*) FROM pg_stat_activity WHERE usename LIKE 'halo%' GROUP BY usename ORDER BY 1"
        ):
            found[f"connections, {row['usename']}"] = row["count"]
        found["dead rows"] = _number(conn, "SELECT coalesce(sum(n_dead_tup), 0) FROM pg_stat_user_tables")
        rows = _number(conn, "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables")
        found["partitions"] = _number(conn, "SELECT count(*) FROM pg_inherits")
    for log in sorted(place.logs.rglob("*.log")):
        name = f"log in kB by 1,000 rows written, {log.name.split('.')[0]}"
        found[name] = found.get(name, 0) + log.stat().st_size / 1_000
    return Look(now, found, rows)


def table(levels: Sequence[Level]) -> Table:
    """How each value went, for people."""
    shown = Table("what", "second quarter", "last quarter", "most", "", box=None, pad_edge=False)
    for one in levels:
        numbers = (f"{number:,.1f}" for number in (one.before, one.after, one.most))
        shown.add_row(one.name, *numbers, "level" if one.is_level else "NOT LEVEL")
    return shown


def _used(pid: int) -> tuple[float, float]:
    """Memory that a process and its children share with nobody, in bytes, and their file handles."""
    memory = handles = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                memory += one.memory_full_info().uss
                handles += one.num_fds()
    return memory, handles


def _number(conn: "psycopg.Connection[dict[str, float]]", query: str) -> float:
    row = conn.execute(query.encode()).fetchone()
    assert row is not None
    return float(next(iter(row.values())))


def _level(name: str, looks: Sequence[Look]) -> Level | None:
    """How a value went; None when there were too few looks at it."""
    quantity = next(one for one in QUANTITIES if name.startswith(one.what))
    seen = [(look.rows, look.values[name]) for look in looks if name in look.values]
    values = [value for _, value in seen]
    if quantity.is_counted:
        values = [
            1_000 * (value - before) / (now - then) for (then, before), (now, value) in pairwise(seen) if now > then
        ]
    quarter = len(values) // 4
    if quarter == 0:
        return None
    before, after = median(values[quarter : 2 * quarter]), median(values[-quarter:])
    may_grow = max(quantity.share * before, quantity.allowance)
    return Level(name, before, after, max(values), after - before <= may_grow)
