"""The app that hears Xendit, with little patience, and a link that was sold."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.settings import ApiSettings
from tests.http.webhooks.sales import PATH, Sale, sell
from tests.support.market import Market
from tests.support.xendit.sender import Sender
from tests.support.xendit.server import WEBHOOK_TOKEN, LocalXendit


@pytest.fixture
def api_settings(api_settings: ApiSettings, xendit: LocalXendit) -> ApiSettings:
    return api_settings.model_copy(update=xendit.settings())


@pytest.fixture
async def sender(api: httpx.AsyncClient) -> AsyncIterator[Sender]:
    """Xendit's own way to us."""
    sender = Sender(str(api.base_url.join(PATH)), WEBHOOK_TOKEN, retry_seconds=[0.1] * 6)
    yield sender
    await sender.close()


@pytest.fixture
async def sale(api: httpx.AsyncClient, market: Market, xendit: LocalXendit) -> Sale:
    market.mitra()
    return await sell(api, market, xendit)
