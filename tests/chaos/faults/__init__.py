"""The catalogue of what can break.

A fault is a function of the place: an async context manager that breaks something at its beginning and mends it at its
end. What comes back by itself needs no mending.
"""

from tests.chaos.faults import network, of_postgres, of_valkey, processes
from tests.chaos.faults.catalogue import CATALOGUE, FaultKind

__all__ = ["CATALOGUE", "FaultKind", "network", "of_postgres", "of_valkey", "possible", "processes"]


def possible() -> list[FaultKind]:
    """The faults that this machine can make."""
    return [one for one in CATALOGUE.values() if "clock" not in one.name or processes.libfaketime() is not None]
