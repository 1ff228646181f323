"""The beacon, and a mitra's status."""

from uuid import uuid4

import httpx
import psycopg

from app.mirror.server import Server
from app.settings import ApiSettings
from tests.support.http_apps import problem
from tests.support.market import Market
from tests.support.mirror import seed_mirror

STATUS = "/api/mitra/status"


async def test_the_beacon_is_out_without_a_mitra_and_lit_with_one(api: httpx.AsyncClient, market: Market) -> None:
    dark = (await api.get("/api/availability")).json()
    assert dark["available"] is False
    assert dark["available_mitras"] == 0
    assert dark["source"] == "postgres"
    market.mitra()
    lit = (await api.get("/api/availability")).json()
    assert (lit["available"], lit["available_mitras"]) == (True, 1)


async def test_the_beacon_may_be_cached_and_asked_for_again_by_its_tag(api: httpx.AsyncClient) -> None:
    answer = await api.get("/api/availability")
    control = answer.headers["cache-control"]
    assert control.startswith("public, max-age=")
    assert 0 <= int(control.removeprefix("public, max-age=")) <= 10
    assert answer.headers["etag"].startswith('"')


async def test_a_beacon_that_has_not_changed_is_not_sent_again(
    api: httpx.AsyncClient, api_settings: ApiSettings, conn: psycopg.Connection, market: Market
) -> None:
    market.mitra()
    await seed_mirror(api_settings, conn)
    answer = await api.get("/api/availability")
    assert (answer.json()["source"], answer.json()["available_mitras"]) == ("valkey", 1)
    tag = answer.headers["etag"]
    for known in (tag, f'"other", {tag}', "*", f"W/{tag}"):
        again = await api.get("/api/availability", headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    assert (await api.get("/api/availability", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_a_mitra_goes_online_and_offline_and_repeating_it_changes_nothing(
    api: httpx.AsyncClient, market: Market
) -> None:
    mitra = market.mitra(online=False)
    online = await api.post(f"{STATUS}/online", headers=mitra.headers)
    assert online.status_code == 200
    assert online.json().keys() == {
        "mitra_id", "is_online", "is_active", "last_heartbeat_at", "capacity", "max_sessions", "available"
    }  # fmt: skip
    assert (online.json()["is_online"], online.json()["available"]) == (True, True)
    again = await api.post(f"{STATUS}/online", headers=mitra.headers)
    assert again.json() == online.json()
    offline = await api.post(f"{STATUS}/offline", headers=mitra.headers)
    assert (offline.json()["is_online"], offline.json()["available"]) == (False, False)
    assert (await api.post(f"{STATUS}/offline", headers=mitra.headers)).status_code == 200
    assert (await api.get(STATUS, headers=mitra.headers)).json()["is_online"] is False


async def test_a_mitra_gone_stale_that_goes_online_again_is_a_candidate_at_once(
    api: httpx.AsyncClient, api_settings: ApiSettings, conn: psycopg.Connection, market: Market
) -> None:
    mitra = market.mitra()
    conn.execute(
        "UPDATE core.mitra_online_status SET last_heartbeat_at = now() - interval '100 seconds' WHERE mitra_id = %s",
        [mitra.id],
    )
    await seed_mirror(api_settings, conn)
    server = await Server.open(api_settings, name="test", timeout=5)
    try:
        assert await server.run(server.scripts.candidates, 10) == []
        online = await api.post(f"{STATUS}/online", headers=mitra.headers)
        assert online.json()["available"] is True
        assert await server.run(server.scripts.candidates, 10) == [str(mitra.id).encode()]
    finally:
        await server.close()


async def test_a_mitra_is_available_as_long_as_the_mirror_says_so_or_while_it_is_away_a_minute_longer(
    api: httpx.AsyncClient, api_settings: ApiSettings, conn: psycopg.Connection, market: Market
) -> None:
    mitra = market.mitra()
    conn.execute(
        "UPDATE core.mitra_online_status SET last_heartbeat_at = now() - interval '100 seconds' WHERE mitra_id = %s",
        [mitra.id],
    )

    async def is_available() -> bool:
        available: bool = (await api.get(STATUS, headers=mitra.headers)).json()["available"]
        return available

    assert await is_available()
    await seed_mirror(api_settings, conn)
    assert not await is_available()
    assert (await api.post(f"{STATUS}/heartbeat", headers=mitra.headers)).status_code == 204
    assert await is_available()


async def test_a_heartbeat_of_an_online_mitra_says_nothing(api: httpx.AsyncClient, market: Market) -> None:
    answer = await api.post(f"{STATUS}/heartbeat", headers=market.mitra().headers)
    assert answer.status_code == 204
    assert answer.content == b""
    assert "content-type" not in answer.headers


async def test_a_heartbeat_of_an_offline_mitra_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra(online=False)
    assert problem(await api.post(f"{STATUS}/heartbeat", headers=mitra.headers)) == (409, "NOT_ONLINE")


async def test_every_command_of_a_deactivated_mitra_is_refused(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra()
    market.deactivate(mitra)
    for command in ("online", "offline", "heartbeat"):
        answer = await api.post(f"{STATUS}/{command}", headers=mitra.headers)
        assert problem(answer) == (403, "MITRA_DEACTIVATED")


async def test_a_mitra_that_is_not_there_is_not_found(api: httpx.AsyncClient, market: Market) -> None:
    nobody = market.log_in("mitra", uuid4())
    for answer in (
        await api.get(STATUS, headers=nobody.headers),
        await api.get("/api/mitra/stats", headers=nobody.headers),
        await api.post(f"{STATUS}/online", headers=nobody.headers),
        await api.post(f"{STATUS}/heartbeat", headers=nobody.headers),
    ):
        assert problem(answer) == (404, "NOT_FOUND")


async def test_a_mitra_sees_its_work_so_far(api: httpx.AsyncClient, market: Market) -> None:
    mitra = market.mitra()
    market.session(market.customer(), mitra)
    stats = (await api.get("/api/mitra/stats", headers=mitra.headers)).json()
    assert stats["offers"] == stats["accepted"] == stats["sessions"] == 1
    assert stats["acceptance_percent"] == 100
    assert (stats["charged"], stats["earnings"], stats["owed"], stats["paid_out"]) == (50_000, 0, 0, 0)
    assert stats["rating"] is None
