"""Yardsticks on an empty Valkey."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from app.auth.tokens import Tokens
from app.development.processes import free_port
from bench import programs
from tests.bench.services import Start
from tests.support.tokens import TEST_JWT_SECRET


@pytest.fixture
def tokens() -> Tokens:
    """Issues the tokens that yardsticks believe."""
    return Tokens(TEST_JWT_SECRET)


@pytest.fixture
def start(valkey_url: str, tmp_path: Path) -> Iterator[Start]:
    """Start a yardstick by its command; a client of it."""
    with ExitStack() as stack:

        def start_one(command: Sequence[str]) -> httpx.Client:
            port = free_port()
            environment = {"PORT": str(port), "VALKEY_URL": valkey_url, "AUTH_JWT_SECRET": TEST_JWT_SECRET}
            program = stack.enter_context(programs.running(command, environment, tmp_path / f"{port}.log"))
            programs.wait_until_listening(port, program)
            return stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}"))

        yield start_one
