"""The catalogue of what can break."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from tests.chaos.place import Place

Break = Callable[[Place], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class FaultKind:
    """A kind of fault."""

    name: str
    concerns: frozenset[str]
    """What it takes away: two faults that share a word are no pair."""
    within: float
    """So many seconds after its end everything has come back, on a quiet machine."""
    happens: Break


CATALOGUE: dict[str, FaultKind] = {}


def fault(concerns: str, within: float) -> Callable[[Break], Break]:
    """Put a fault into the catalogue under its function's name."""

    def add(happens: Break) -> Break:
        CATALOGUE[happens.__name__] = FaultKind(happens.__name__, frozenset(concerns.split()), within, happens)
        return happens

    return add
