"""How much is run of what takes long: in `make test` what fits beside the other tests, in `make proof` all of it.

CI runs a third of the proof, and at the next commit another third: `make test PROOF=2/3` runs the second.
"""

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from zlib import crc32

import pytest

T = TypeVar("T", bound=Callable[..., Any])
Case = TypeVar("Case")

_PROOF = os.environ.get("PROOF", "")

IS_PROOF = bool(_PROOF)
"""Whether more is run than what fits beside the other tests."""

TURN, TURNS = (1, 1) if _PROOF in {"", "whole"} else tuple(map(int, _PROOF.split("/")))
"""Which part of the proof is run, and into how many parts it is divided."""


def in_turn(cases: Sequence[Case]) -> Sequence[Case]:
    """The cases of this part of the proof."""
    return cases[TURN - 1 :: TURNS]


def share(number: int) -> int:
    """So many, rounded up, of a number that all parts of the proof have together."""
    return -(-number // TURNS)


def in_proof_alone(why: str, *, has_cases_in_turn: bool = False) -> Callable[[T], T]:
    """Mark a test that `make test` skips, and `make proof` runs; a part of the proof runs it in its turn.

    A test whose cases are divided among the parts of the proof is in each of them.
    """

    def marked(test: T) -> T:
        is_in_turn = has_cases_in_turn or crc32(test.__qualname__.encode()) % TURNS == TURN - 1
        reason = f"{why}: `make proof` runs it, and CI in its turn"
        grown: T = pytest.mark.grows(pytest.mark.skipif(not IS_PROOF or not is_in_turn, reason=reason)(test))
        return grown

    return marked
