"""Whatever is sent to whatever route, the answer is one that the document names, and never a fault of ours.

`make proof` sends over 10,000 requests to the two apps.
"""

from pathlib import Path

import httpx
import pytest

from tests.http.fuzzing import EDGES, at_random, fuzz
from tests.support.market import Market
from tests.support.sizes import IS_PROOF, in_proof_alone, share


@pytest.mark.grows
async def test_nothing_that_a_customer_sends_breaks_the_public_app(
    api: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    # Whoever leaves, or is gone, is refused everything else.
    leaving = ("--exclude-path", "/api/auth/logout", "--exclude-operation-id", "Me_delete")
    sent = await fuzz(api, market.customer(), tmp_path, *leaving, how=at_random(share(100)) if IS_PROOF else EDGES)
    assert sent > (share(3_500) if IS_PROOF else 500)


@pytest.mark.grows
async def test_nothing_that_a_mitra_sends_breaks_the_public_app(
    api: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    how = at_random(share(100)) if IS_PROOF else EDGES
    assert await fuzz(api, market.mitra(), tmp_path, "--include-path-regex", "^/api/mitra/", how=how)


@in_proof_alone("takes minutes")
@pytest.mark.timeout(1500)
async def test_nothing_that_an_operator_sends_breaks_the_internal_app(
    internal: httpx.AsyncClient, market: Market, tmp_path: Path
) -> None:
    # Whoever leaves is refused everything else; a stream goes on until the token ends.
    others = ("--exclude-path", "/internal/auth/logout", "--exclude-path", "/internal/dashboard/stream")
    sent = await fuzz(internal, market.operator(), tmp_path, *others, how=at_random(80))
    assert sent > 8_000
