"""Whatever is sent to whatever route, the answer is one that the document names, and never a fault of ours."""

from pathlib import Path

import httpx
import pytest

from tests.http.fuzzing import fuzz
from tests.support.market import Market
from tests.support.sizes import IS_WHOLE


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


@pytest.mark.grows
@pytest.mark.skipif(not IS_WHOLE, reason="takes a minute: `make proof` sends it, as CI does")
async def test_nothing_that_an_operator_sends_breaks_the_internal_app(
    internal: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    await fuzz(internal, market.operator(), tmp_path, "--exclude-path", "/internal/auth/logout")
