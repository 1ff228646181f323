"""What `doctor` finds of a Valkey Cluster, and that a cluster that is away is as good as a server that is away."""

import asyncio
import contextlib
from pathlib import Path

import pytest
import valkey.exceptions

from app.development.processes import Family, free_port
from app.valkey.client import connect_valkey
from app.valkey.endpoint import Endpoint
from tests.support.command import halobestie
from tests.support.valkey_cluster import PREFIX, ClusterOfOne, valkey_cluster
from tests.support.waiting import VALKEY_TIMEOUT_MS, eventually


def test_the_doctor_looks_at_the_node_that_holds_our_keys(family: Family, database_url: str) -> None:
    with valkey_cluster(family) as cluster:
        cluster.holder.ask("CONFIG", "SET", "maxmemory", "100mb", "maxmemory-policy", "allkeys-lru")
        stores = {"DATABASE_URL": database_url, "VALKEY_URL": cluster.url, "VALKEY_KEY_PREFIX": PREFIX}
        said = " ".join(halobestie("doctor", "listener", APP_ENV="development", **stores).stdout.split())
    assert "ok Valkey answers" in said
    assert "any key of the mirror" in said


def test_the_doctor_says_what_to_do_about_a_cluster_that_is_away(database_url: str) -> None:
    away = f"valkey+cluster://127.0.0.1:{free_port()}"
    stores = {"DATABASE_URL": database_url, "VALKEY_URL": away, "VALKEY_KEY_PREFIX": PREFIX}
    doctor = halobestie("doctor", "listener", APP_ENV="development", **stores)
    assert "Is it running, and is VALKEY_URL right?" in " ".join(doctor.stdout.split())
    assert doctor.returncode == 1


async def test_a_cluster_that_is_away_is_a_fault_of_valkey_s_like_any_other() -> None:
    url = f"valkey+cluster://127.0.0.1:{free_port()}"
    with pytest.raises(valkey.exceptions.ValkeyError):
        await Endpoint.parse(url).locate(PREFIX, timeout=VALKEY_TIMEOUT_MS / 1000)
    client = connect_valkey(url, timeout=VALKEY_TIMEOUT_MS / 1000)
    with pytest.raises(valkey.exceptions.ValkeyError):
        await client.execute_command("GET", PREFIX)
    await client.aclose()


async def test_a_cluster_of_which_no_other_node_is_known_is_found_again(family: Family, tmp_path: Path) -> None:
    cluster = ClusterOfOne(family=family, log=tmp_path / "valkey.log")
    cluster.start()
    client = connect_valkey(cluster.url, timeout=VALKEY_TIMEOUT_MS / 1000)
    await client.execute_command("SET", PREFIX, "1")
    cluster.kill()
    for _ in range(3):
        with pytest.raises(valkey.exceptions.ValkeyError):
            await client.execute_command("GET", PREFIX)
    await asyncio.to_thread(cluster.start)

    async def is_found() -> bool:
        with contextlib.suppress(valkey.exceptions.ValkeyError):
            return bool(await client.execute_command("SET", PREFIX, "2"))
        return False

    await eventually(is_found, "the client is back")
    await client.aclose()
    cluster.kill()
