"""The event loops that the programs run on: uvloop's where there is one, else Python's own."""

import pytest

LOOPS = pytest.mark.parametrize(
    "anyio_backend", [("asyncio", {"use_uvloop": False}), ("asyncio", {"use_uvloop": True})], ids=["asyncio", "uvloop"]
)
"""Runs an async test on both."""
