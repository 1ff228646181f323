"""What goes wrong with processes: beside all the rest, or alone."""

import asyncio
from collections.abc import AsyncIterator

from app.development.processes import free_port
from tests.platform.alerts.place import STALE_SECONDS, WatchedPlace
from tests.platform.alerts.telling import ask, fires, resume, socket_of
from tests.support.command import ROOT
from tests.support.waiting import START_SECONDS, eventually


@fires("ProcessDown", "NoListener", "PaymentSweepMissing", "InvariantsUnchecked")
async def the_listener_is_killed(place: WatchedPlace) -> AsyncIterator[None]:
    """It stays away: others start it again."""
    place.listener.kill()
    yield


@fires("ValkeyAway", "EventsPolled", "LeasesUnrenewed")
async def an_api_can_not_reach_valkey(place: WatchedPlace) -> AsyncIterator[None]:
    """An instance with a socket, and with an address of Valkey where nobody is."""
    api = place.an_api("api-without-valkey", VALKEY_URL=f"valkey://127.0.0.1:{free_port()}/0")
    api.start()
    await api.serves()
    place.watch(api)
    try:
        async with socket_of(place.market.customer(), api) as device:
            await resume(device)
            yield
    finally:
        api.kill()


@fires("TwoLead")
async def an_old_primary_takes_writes_too(place: WatchedPlace) -> AsyncIterator[None]:
    """A split brain: a second listener leads, at a copy of the database."""
    listener = place.a_listener("listener-of-the-old-primary", "old_primary", VALKEY_KEY_PREFIX="old:")
    listener.start()
    await listener.serves()
    place.watch(listener)
    try:
        yield
    finally:
        listener.kill()


@fires("RestartsOften")
async def a_control_centre_dies_at_each_start(place: WatchedPlace) -> AsyncIterator[None]:
    """Killed each time that Prometheus has seen it, four times."""

    async def die() -> None:
        for _ in range(4):
            await die_once()

    async def die_once() -> None:
        was = await place.prometheus.value(f'process_start_time_seconds{{instance="127.0.0.1:{place.internal.port}"}}')
        place.internal.kill()
        place.internal.start()

        async def is_another() -> bool:
            query = f'process_start_time_seconds{{instance="127.0.0.1:{place.internal.port}"}}'
            now = await place.prometheus.value(query)
            return now is not None and now != was

        await eventually(is_another, "Prometheus saw the next one", seconds=START_SECONDS)

    dying = asyncio.create_task(die())
    yield
    await dying


@fires("TwoReleases")
async def a_roll_out_stopped_half_way(place: WatchedPlace) -> AsyncIterator[None]:
    """Another API calls itself the next release. Its code is this one's: the last release did not say which it is."""
    installed = place.directory / "next" / "halobestie-99.0.dist-info"
    installed.mkdir(parents=True)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: halobestie\nVersion: 99.0\n")
    path = {"PYTHONPATH": f"{installed.parent}:{ROOT}", "PYTHONSAFEPATH": "1"}
    api = place.an_api("api-of-the-next-release", VALKEY_URL=place.valkey.url, **path)
    api.start()
    await api.serves()
    place.watch(api)
    try:
        yield
    finally:
        api.kill()


@fires("MassSilence")
async def most_mitras_fall_silent(place: WatchedPlace) -> AsyncIterator[None]:
    """Nobody beats. A mitra counts as silent after three seconds."""
    for _ in range(6):
        place.market.mitra()
    place.market.set("heartbeat_stale_seconds", 3)
    yield
    place.market.set("heartbeat_stale_seconds", STALE_SECONDS)


@fires("ReseedsSlow")
async def the_way_to_valkey_is_slow(place: WatchedPlace) -> AsyncIterator[None]:
    """Three tenths of a second in each direction."""
    place.to_valkey.delay_seconds = 0.3
    yield
    place.to_valkey.delay_seconds = 0.0


@fires("NotListening")
async def the_way_of_notifications_is_closed(place: WatchedPlace) -> AsyncIterator[None]:
    """As by a firewall that ends what is open and lets nothing new through."""
    place.to_listen.refusing = True
    place.to_listen.end()
    yield
    place.to_listen.refusing = False


@fires("OldTransaction", "HorizonHeld", "ClockWrong")
async def the_databases_clock_is_ahead(place: WatchedPlace) -> AsyncIterator[None]:
    """By ten minutes, so that all other clocks are wrong; and a transaction is open that began before."""
    with place.transaction() as forgotten:
        forgotten.execute("SELECT pg_current_xact_id()")
        place.clock.write_text("+600")

        async def look() -> None:
            await ask(place.api, "GET", "/readyz")

        async with place.again_and_again(look):
            yield
        place.clock.write_text("+0")
        forgotten.rollback()


@fires("PostgresNotWritable")
async def postgresql_stops(place: WatchedPlace) -> AsyncIterator[None]:
    """Killed."""
    place.postgres.kill()
    yield
