"""Requests made from the document, in and out of its bounds."""

import asyncio
import sys
from pathlib import Path

import httpx

from tests.support.market import Person

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection"
)


async def fuzz(client: httpx.AsyncClient, person: Person, directory: Path, *which: str) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "schemathesis.cli", "run", str(client.base_url.join("/openapi.json")),
        "--header", f"Authorization: {person.headers['Authorization']}", *which,
        "--checks", CHECKS, "--phases", "coverage", "--generation-deterministic", "--no-color",
        cwd=directory, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
