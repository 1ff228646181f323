"""Webhooks with a leaked token and whatever is in them: nothing of value is given, and nothing breaks."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import strategies as st

from app.resources.public.webhooks import TOKEN_HEADER
from tests.http.webhooks.sales import PATH, Sale
from tests.support.fuzz import play
from tests.support.market import Market
from tests.support.sizes import IS_PROOF, share
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit

EXAMPLES = share(1_000) if IS_PROOF else 30
EVENTS = ["payment_session.completed", "payment_session.expired", "payment.capture", "payment.failure",
          "refund.succeeded", "refund.failed"]  # fmt: skip
STATUSES = ["COMPLETED", "SUCCEEDED", "PAID", "EXPIRED", "FAILED", "ACTIVE"]
NUMBERS = st.integers() | st.floats() | st.sampled_from([50_000, 50_000.0, "50000", 5e4, 2**63, -50_000])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def forged(draw: st.DrawFn, real: dict[str, Any]) -> bytes:
    """A webhook about a link that nobody paid, with some of it changed, left out, or sent twice."""
    data = real | {"status": draw(st.sampled_from(STATUSES))}
    for name in draw(st.lists(st.sampled_from(sorted(data)), max_size=3)):
        match draw(st.integers(0, 2)):
            case 0:
                data.pop(name, None)
            case 1:
                data[name] = draw(NUMBERS if name == "amount" else JSON)
            case _:
                data[draw(st.text(max_size=10))] = data.get(name)
    said = {
        "event": draw(st.sampled_from(EVENTS) | JSON),
        "business_id": draw(JSON),
        "data": draw(st.just(data) | JSON),
    }
    body = json.dumps(said).encode("utf-8", "surrogatepass")
    if draw(st.integers(0, 9)) == 0:
        at = draw(st.integers(0, len(body) - 1))
        body = body[:at] + draw(st.binary(max_size=3)) + body[at + 1 :]
    return body


@pytest.mark.grows
async def test_no_webhook_that_is_not_true_gives_anything(
    api: httpx.AsyncClient, market: Market, sale: Sale, xendit: LocalXendit
) -> None:
    other = market.owed(market.customer())
    before = market.value("SELECT row_to_json(p) FROM core.payment_requests p WHERE id = %s", other)
    real = {name: value for name, value in xendit.account.sessions[sale.link].items() if value is not None}
    seen: set[int] = set()

    async def one(body: bytes) -> None:
        answer = await api.post(PATH, content=body, headers={TOKEN_HEADER: WEBHOOK_TOKEN})
        seen.add(answer.status_code)
        assert answer.status_code in (200, 422), (answer.text, body)
        assert sale.status in ("pending", "expired"), body

    await play(forged(real), one, examples=EXAMPLES)
    assert seen == {200, 422}
    assert sale.sessions == 0
    after = market.value("SELECT row_to_json(p) FROM core.payment_requests p WHERE id = %s", other)
    assert after == before
    market.assert_all_is_well()
