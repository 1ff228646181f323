"""Whatever is sent to whatever route, the answer is one that the document names, and never a fault of ours."""

import asyncio
import sys
from pathlib import Path

import httpx

from tests.support.market import Market, Person

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


async def test_nothing_that_a_customer_sends_breaks_the_public_app(
    api: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    # Whoever leaves, or is gone, is refused everything else.
    await fuzz(
        api, market.customer(), tmp_path, "--exclude-path", "/api/auth/logout", "--exclude-operation-id", "Me_delete"
    )


async def test_nothing_that_a_mitra_sends_breaks_the_public_app(
    api: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    await fuzz(api, market.mitra(), tmp_path, "--include-path-regex", "^/api/mitra/")


async def test_nothing_that_an_operator_sends_breaks_the_internal_app(
    internal: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    await fuzz(internal, market.operator(), tmp_path, "--exclude-path", "/internal/auth/logout")
