"""What a simulation shows while it runs, and prints at its end."""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from app.simulation.statistics import percentile
from app.simulation.verdict import Verdict
from app.simulation.world import World

REFRESH_SECONDS = 0.5
RARE = {
    "customers signed out",
    "customers turned away",
    "mitras signed out",
    "mitras turned away",
    "offers ignored",
    "payments abandoned",
    "visits lost",
    "visits with nobody there",
}
LINE_SECONDS = 5.0
"""How often a line is printed where there is no terminal for a live table."""


async def watch(console: Console, world: World, headcount: str) -> None:
    """Show the fleet until cancelled: a live table on a terminal, elsewhere a line every five seconds."""
    started = time.monotonic()
    if console.is_terminal:
        with Live(console=console, auto_refresh=False, transient=True) as live:
            while True:
                live.update(Group(Text(headcount), _figures(world, time.monotonic() - started)), refresh=True)
                await asyncio.sleep(REFRESH_SECONDS)
    console.print(headcount, highlight=False)
    while True:
        await asyncio.sleep(LINE_SECONDS)
        console.print(_line(world, time.monotonic() - started), highlight=False, soft_wrap=True)


def summary(console: Console, world: World, verdict: Verdict | None, seconds: float) -> None:
    """Print the figures of the whole run, and what must be zero, if the promises were checked."""
    console.print(_figures(world, seconds))
    if verdict is None:
        console.print("Stopped; the promises were not checked.", highlight=False)
        return
    table = Table("must be zero", "", box=None, pad_edge=False)
    for name, value in (
        ("events lost", verdict.events_lost),
        ("messages lost", verdict.messages_lost),
        ("messages repeated", verdict.messages_repeated),
        ("devices not reached at the end", verdict.devices_unreached),
        ("invariant violations", verdict.violations),
        ("mirror differences", verdict.differences),
    ):
        table.add_row(name, Text("unknown" if value is None else str(value), style="green" if value == 0 else "red"))
    console.print(table)
    console.print("All promises kept." if verdict.is_good else "A promise was broken.", highlight=False)


def _figures(world: World, seconds: float) -> Table:
    counts, statistics = world.statistics.counts, world.statistics
    paired = counts["sessions started"]
    answered = counts["offers accepted"] + counts["offers declined"]
    share = counts["offers accepted"] / max(answered, 1)
    table = Table("the fleet", "p50 / p95 / max where there are three", box=None, pad_edge=False)
    for name, figure in (
        ("time", f"{seconds:.0f} s"),
        ("payments confirmed", str(counts["payments confirmed"])),
        ("sessions started", f"{paired}, {paired / max(seconds, 1):.1f}/s"),
        ("offers received", str(counts["offers"])),
        ("acceptance", f"{counts['offers accepted']} of {answered} answered, {share:.0%}"),
        ("confirmation → offer", _spread(statistics.times_to_offer())),
        ("confirmation → session started", _spread(statistics.times_to_pair())),
        ("commit → socket", _spread(statistics.lags)),
        ("messages written, heard by the other", f"{counts['messages written']}, {counts['messages heard']}"),
        ("message committed → the other's socket", _spread(statistics.message_lags)),
        ("events received", str(sum(device.counters.received for device in world.devices))),
        ("repeats dropped, gaps repaired", _repairs(world)),
        ("connections made", str(sum(device.counters.connections for device in world.devices))),
        ("outcomes unknown, asked again", str(unknown(world))),
        *_kinds(counts),
    ):
        table.add_row(name, figure)
    return table


def _kinds(counts: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    """Rows for counts named `what: kind`, one for each `what`; and for those of RARE that happened."""
    kinds: dict[str, list[str]] = {}
    for name, count in sorted(counts.items()):
        what, colon, kind = name.partition(": ")
        if colon:
            kinds.setdefault(what, []).append(f"{count} {kind}")
        elif name in RARE:
            kinds[name] = [str(count)]
    yield from ((what, ", ".join(several)) for what, several in kinds.items())


def unknown(world: World) -> int:
    """How many requests got no answer."""
    return world.statistics.counts["unknown"] + sum(device.counters.unknown for device in world.devices)


def _repairs(world: World) -> str:
    repeats = sum(device.counters.duplicates for device in world.devices)
    return f"{repeats}, {sum(device.counters.gaps for device in world.devices)}"


def _line(world: World, seconds: float) -> str:
    counts = world.statistics.counts
    return (
        f"{seconds:5.0f} s  confirmed {counts['payments confirmed']}  started {counts['sessions started']}"
        f"  offers {counts['offers']}  unknown {unknown(world)}"
        f"  confirmation → session {_spread(world.statistics.times_to_pair())}"
        f"  commit → socket {_spread(world.statistics.lags)}"
    )


def _spread(values: Sequence[float]) -> str:
    """Median, 95th percentile and maximum of seconds, in milliseconds."""
    if not values:
        return "—"
    middle, high, top = (percentile(values, share) * 1000 for share in (0.5, 0.95, 1))
    return f"{middle:.0f} / {high:.0f} / {top:.0f} ms"
