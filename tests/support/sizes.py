"""How much is run of what takes long: in `make test` what fits beside the other tests, in `make proof` all of it."""

import os
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

T = TypeVar("T", bound=Callable[..., Any])

IS_WHOLE = os.environ.get("PROOF") == "whole"


def in_proof_alone(why: str) -> Callable[[T], T]:
    """Mark a test that `make test` skips, and `make proof` runs."""
    skip = pytest.mark.skipif(not IS_WHOLE, reason=f"{why}: `make proof` runs it, as CI does")
    return lambda test: pytest.mark.grows(skip(test))
