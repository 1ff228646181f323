"""FCM on this machine, and a listener that sends to it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest
from firebase_admin import messaging

from app.settings import ListenerSettings
from tests.listeners.push.phones import Phones
from tests.support.fcm.account import write_credentials
from tests.support.fcm.server import FcmServer
from tests.support.listening import Listening, listening
from tests.support.mirror import Mirror


@pytest.fixture
def phones(conn: psycopg.Connection) -> Phones:
    return Phones(conn)


@pytest.fixture
def fcm(monkeypatch: pytest.MonkeyPatch) -> Iterator[FcmServer]:
    with FcmServer().running() as server:
        monkeypatch.setattr(messaging._MessagingService, "FCM_URL", server.send_url)
        yield server


@pytest.fixture
def pushing_settings(listener_settings: ListenerSettings, fcm: FcmServer, tmp_path: Path) -> ListenerSettings:
    """Settings of a listener that sends."""
    credentials = write_credentials(tmp_path / "firebase.json", token_uri=f"{fcm.url}/token")
    return listener_settings.model_copy(update={"firebase_credentials": str(credentials)})


@pytest.fixture
async def pushing(pushing_settings: ListenerSettings, mirror: Mirror) -> AsyncIterator[Listening]:
    async with listening(pushing_settings) as running:
        yield running
