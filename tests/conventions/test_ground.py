"""The suite runs where TEST_ON says: were its fixtures to lead elsewhere, every test would pass and prove nothing."""

import os

import pytest

from app.development.valkey import EmbeddedValkey
from app.mirror.keys import Keys
from app.postgres.pooler import lends_backends
from app.settings import ApiSettings, InternalSettings, ListenerSettings
from tests.support.ground import ON
from tests.support.valkey_client import client_of
from tests.support.valkey_cluster import PREFIX, PRIMARIES

pytestmark = pytest.mark.everywhere

Settings = ApiSettings | InternalSettings | ListenerSettings


@pytest.fixture(params=["api_settings", "internal_settings", "listener_settings"])
def settings(request: pytest.FixtureRequest) -> Settings:
    found: Settings = request.getfixturevalue(request.param)
    return found


def test_every_program_has_the_valkey_of_this_run(settings: Settings) -> None:
    with client_of(settings.valkey_url) as client:
        is_cluster = client.info("cluster")["cluster_enabled"] == 1
        assert is_cluster is ("cluster" in ON)
        if is_cluster:
            assert f"cluster_size:{PRIMARIES}\r\n" in client.execute_command("CLUSTER", "INFO").decode()
    assert Keys.of(settings).is_sharded is is_cluster
    assert settings.valkey_key_prefix == (PREFIX if is_cluster else "")


def test_a_valkey_of_a_test_s_own_is_of_the_same_kind(own_valkey: EmbeddedValkey) -> None:
    with client_of(own_valkey.url) as client:
        assert (client.info("cluster")["cluster_enabled"] == 1) is ("cluster" in ON)


def test_every_program_has_the_way_to_postgresql_of_this_run(settings: Settings) -> None:
    assert lends_backends(settings.database_url) is ("pooler" in ON)
    assert (settings.listen_database_url is not None) is ("pooler" in ON)
    if settings.listen_database_url is not None:
        assert not lends_backends(settings.listen_database_url)


def test_an_api_has_the_workers_of_this_run(api_settings: ApiSettings) -> None:
    assert api_settings.api_workers == int(os.environ.get("API_WORKERS", "1")) == (2 if "workers" in ON else 1)
