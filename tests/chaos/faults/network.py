"""What can happen on the ways between clients, processes and servers."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.chaos.faults.catalogue import fault
from tests.chaos.place import Place


def _way(place: Place, end: str) -> str:
    """The way of some process to this server (`postgres`, `valkey`)."""
    return place.dice.choice([name for name in place.network.ways if name.endswith(f" {end}")])


def _network_fault(end: str, kind: str, within: float) -> None:
    """Put into the catalogue what happens on the way to `end`: deaf, cut, slow or refused."""

    @contextlib.asynccontextmanager
    async def happens(place: Place) -> AsyncIterator[None]:
        way = place.network.ways["clients" if end == "clients" else _way(place, end)]
        match kind:
            case "deaf":  # half-open: nothing passes on what is open now, and nobody is told
                way.do("deafen")
            case "cut":
                way.do("cut", 0.7)
            case "slow":
                way.set(delay_seconds=place.dice.uniform(0.05, 0.2))
            case "narrow":
                way.set(bytes_per_second=20_000)
            case "refused":
                way.set(refusing=True)
                way.do("end")
        yield
        way.set(delay_seconds=0.0, bytes_per_second=None, refusing=False)

    happens.__name__ = f"way_to_{end}_{kind}"
    fault(f"way-{end}", within)(happens)


for _end in ("postgres", "valkey", "clients"):
    for _kind, _within in (("deaf", 15.0), ("cut", 6.0), ("slow", 6.0), ("narrow", 8.0), ("refused", 12.0)):
        _network_fault(_end, _kind, _within)


def _half_open(end: str) -> None:
    """The ways of the listener that leads, for it alone keeps the mirror."""

    @contextlib.asynccontextmanager
    async def happens(place: Place) -> AsyncIterator[None]:
        if (leader := await place.leader()) is not None:
            place.network.ways[f"{leader.name} {end}"].do("deafen")
        yield

    happens.__name__ = f"way_of_leader_to_{end}_deaf"
    fault(f"way-{end}", 15.0)(happens)


for _end in ("postgres", "valkey"):
    _half_open(_end)


@fault("way-clients", within=6)
@contextlib.asynccontextmanager
async def answers_lost(place: Place) -> AsyncIterator[None]:
    for request in (b"/accept", b"/confirm", b"/payment-requests", b'"message"', b"/auth/refresh"):
        place.network.ways["clients"].do("lose_answers", request, 3)
        await asyncio.sleep(0.4)
    yield
    place.network.ways["clients"].do("lose_answers", b"", 0)
