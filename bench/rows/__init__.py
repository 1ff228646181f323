"""The rows, a module each."""

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from bench.row import Outcome, Run

ROWS = [module.name for module in pkgutil.iter_modules(__path__)]


class Row(Protocol):
    """What a module of this package has; see bench.row."""

    WHAT: str
    WORKLOAD: str

    @staticmethod
    def measure(run: Run) -> Outcome:
        """Start the servers, measure all contenders in turn, and end the servers."""


def load(name: str) -> Row:
    """The row of this name."""
    return cast("Row", import_module(f"{__name__}.{name}"))
