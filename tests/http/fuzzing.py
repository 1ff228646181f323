"""Requests made from the document, in and out of its bounds."""

import asyncio
import re
import sys
from pathlib import Path

import httpx

from tests.support.market import Person
from tests.support.waiting import START_SECONDS

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection"
)
EDGES = ("--phases", "coverage")
"""The edges of what the document allows, each once."""


def at_random(examples: int) -> tuple[str, ...]:
    """Besides those, so many requests of each operation that are made up."""
    return ("--phases", "coverage,fuzzing", "--max-examples", str(examples))


async def fuzz(
    client: httpx.AsyncClient, person: Person, directory: Path, *which: str, how: tuple[str, ...] = EDGES
) -> int:
    """Send them; how many there were."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", str(client.base_url.join("/openapi.json")),
        "--header", f"Authorization: {person.headers['Authorization']}", *which,
        "--checks", CHECKS, *how, "--generation-deterministic", "--no-color",
        "--request-timeout", str(START_SECONDS), "--suppress-health-check", "all",
        cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    said = output.decode()
    assert process.returncode == 0, said
    return max(int(cases) for cases in re.findall(r"(\d+) generated", said))
