"""The catalogue of what can break.

A fault is a function of the place: an async context manager that breaks something at its beginning and mends it at its
end. What comes back by itself needs no mending.
"""

from tests.chaos import pooler
from tests.chaos.disk import can_mount
from tests.chaos.faults import network, of_pooler, of_postgres, of_valkey, processes
from tests.chaos.faults.catalogue import CATALOGUE, FaultKind
from tests.support.clocks import libfaketime

__all__ = ["CATALOGUE", "FaultKind", "network", "of_pooler", "of_postgres", "of_valkey", "possible", "processes"]


def possible() -> list[FaultKind]:
    """The faults that this machine can make."""
    lacking = {
        word
        for word, is_there in (
            ("clock", libfaketime() is not None),
            ("pooler", pooler.program() is not None),
            ("full_disk", can_mount()),
        )
        if not is_there
    }
    return [one for one in CATALOGUE.values() if not any(word in one.name for word in lacking)]
