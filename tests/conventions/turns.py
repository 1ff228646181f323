"""The changes of state that functions make, and the arrows that `requirement/state-machines.md` draws."""

import json
import re
from pathlib import Path
from typing import NamedTuple

from tests.support.psql import ROOT

RECORDER = Path(__file__).parent / "state_recorder.sql"
"""Lets a database tell each of them, where psql prints its warnings."""

DOCUMENT = (ROOT / "requirement" / "state-machines.md").read_text()

_MACHINE = re.compile(
    r"^`(?:core\.)?([\w.]+)`[^\n]*\n\n```mermaid\nstateDiagram-v2\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_ARROW = re.compile(r"^ +(\S+) --> (\S+)(?: : (.+))?$", re.MULTILINE)
_TURN = re.compile(r"turn: (\[.*\])")


class Turn(NamedTuple):
    """A change of state, and the function that makes it."""

    machine: str
    before: str
    after: str
    mover: str


MACHINES: dict[str, list[tuple[str, str, str]]] = {
    machine: _ARROW.findall(diagram) for machine, diagram in _MACHINE.findall(DOCUMENT)
}
DOCUMENTED = {
    Turn(machine, before, after, mover)
    for machine, arrows in MACHINES.items()
    for before, after, movers in arrows
    if after != "[*]"
    for mover in movers.split(", ")
}

MAKES_UP = "seed_demo_history"
"""It inserts rows as they ended: nothing of what they tell has happened."""


def turns_told(printed: str) -> set[Turn]:
    """The turns that the recorder told."""
    told = {Turn(*json.loads(turn)) for turn in _TURN.findall(printed)}
    return {turn for turn in told if turn.mover != MAKES_UP}
