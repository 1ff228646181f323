"""Each alert's rule is true of real processes once its trouble is there, and none is while all is well."""

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from app.development import postgres
from app.development.postgres import EmbeddedPostgres
from app.development.processes import Family
from app.development.valkey import EmbeddedValkey
from tests.platform.alerts.causes import CAUSED, FIRST, LAST, LASTING, THEN
from tests.platform.alerts.place import FADE_SECONDS, WatchedPlace
from tests.platform.alerts.prometheus import ALERTS, Prometheus
from tests.platform.alerts.telling import TOLD, Cause
from tests.support.clocks import libfaketime
from tests.support.proxy import proxied
from tests.support.sizes import in_proof_alone
from tests.support.waiting import eventually


def test_each_alert_is_caused() -> None:
    assert CAUSED == ALERTS
    used = [cause for causes in (*FIRST, LASTING, *THEN, LAST) for cause in causes]
    assert len(used) == len(set(used))
    assert {*used} == TOLD.keys()


@pytest.fixture
def clock(server_directory: Path) -> Path:
    """What PostgreSQL's clock is ahead by: it reads this file each second."""
    file = server_directory / "clock"
    file.write_text("+0")
    server_directory.chmod(0o755)
    return file


@pytest.fixture
def own_server(
    family: Family, server_directory: Path, migrated_cluster: Path, clock: Path, monkeypatch: pytest.MonkeyPatch
) -> EmbeddedPostgres:
    """A durable PostgreSQL with a clock of its own, a small notification queue, and a second copy of the database."""
    library = libfaketime()
    if library is None:
        pytest.skip("this machine has no faketime (Debian: apt-get install faketime)")
    ours = postgres._environment()
    faked = {
        "LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_CACHE_DURATION": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }  # fmt: skip
    monkeypatch.setattr(postgres, "_environment", lambda: ours | faked)
    subprocess.run(["cp", "-a", migrated_cluster, server_directory / "data"], check=True)
    with (server_directory / "data" / "postgresql.conf").open("a") as configuration:
        configuration.write("max_notify_queue_pages = 64\nautovacuum = off\n")
    server = EmbeddedPostgres(server_directory / "data", family=family, log=server_directory / "postgres.log")
    server.start()
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("CREATE DATABASE old_primary TEMPLATE halobestie")
    return server


@pytest.fixture
async def place(
    own_server: EmbeddedPostgres, own_valkey: EmbeddedValkey, family: Family, tmp_path: Path, clock: Path
) -> AsyncIterator[WatchedPlace]:
    prometheus = Prometheus(tmp_path, family)
    dice = random.Random(1)
    async with proxied(own_valkey.port, dice) as to_valkey, proxied(own_server.port, dice) as to_listen:
        place = WatchedPlace(own_server, own_valkey, prometheus, to_valkey, to_listen, family, tmp_path, clock)
        try:
            yield place
        finally:
            await prometheus.stop()
            place.kill()
            own_server.kill()


@contextlib.asynccontextmanager
async def caused(place: WatchedPlace, causes: tuple[Cause, ...], *, together: bool = False) -> AsyncIterator[None]:
    """Cause all of it, one after the other or together; after the block, wait until its alerts have fired; mend it."""
    wanted = {alert for cause in causes for alert in TOLD[cause]}

    async def are_quiet() -> bool:
        return await place.prometheus.firing() & wanted == set()

    await eventually(are_quiet, "they are quiet before their trouble is there", seconds=FADE_SECONDS)
    with place.prometheus.looking() as seen:
        async with contextlib.AsyncExitStack() as troubles:
            if together:
                await asyncio.gather(*(troubles.enter_async_context(cause(place)) for cause in causes))
            for cause in () if together else causes:
                await troubles.enter_async_context(cause(place))
            yield

            async def have_fired() -> bool:
                await place.prometheus.firing()
                return seen >= wanted

            try:
                await eventually(have_fired, "they fire", seconds=FADE_SECONDS)
            except pytest.fail.Exception:
                pytest.fail(f"did not fire: {sorted(wanted - seen)}")


@in_proof_alone("it takes a minute")
@pytest.mark.timeout(900)
async def test_each_alert_is_quiet_while_all_is_well_and_fires_by_its_trouble(place: WatchedPlace) -> None:
    await place.prometheus.start()
    for process in (place.api, place.internal, place.listener):
        process.start()
    for process in (place.api, place.internal, place.listener):
        await process.serves()
        place.watch(process)
    await place.is_calm()
    for causes in FIRST:
        async with caused(place, causes):
            pass
    async with caused(place, LASTING, together=True):
        for causes in THEN:
            async with caused(place, causes):
                pass
    async with caused(place, LAST):
        pass
