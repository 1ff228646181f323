"""The moves of moves.sql: what may happen at random."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

_PARTS = re.split(r"^-- ([\w', ]+): (\d+)$", Path(__file__).with_suffix(".sql").read_text(), flags=re.MULTILINE)

WHOM = _PARTS[0]
"""Makes what every connection that plays needs, once."""


class Move(NamedTuple):
    """How often it happens, and how."""

    weight: int
    query: str


MOVES: Mapping[str, Move] = {
    name: Move(int(weight), query.strip().removesuffix(";"))
    for name, weight, query in zip(_PARTS[1::3], _PARTS[2::3], _PARTS[3::3], strict=True)
}
