"""The simulation's own checks are checked: what is planted is found."""

import time
import uuid
from typing import Any

import httpx
import msgspec
import psycopg
import pytest

from app.client import Client
from app.settings import StoreSettings
from app.simulation.statistics import Statistics, percentile
from app.simulation.verdict import Verdict, judge
from tests.sockets.reference_client import login_of, running
from tests.support.market import Person
from tests.support.sockets import Api, Outbox


@pytest.fixture
def settings(database_url: str, valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> StoreSettings:
    """The stores, whose mirror nobody builds here."""
    monkeypatch.setattr("app.simulation.verdict.MIRROR_SECONDS", 0)
    return StoreSettings(database_url=database_url, valkey_url=valkey_url)


async def test_a_violation_and_a_difference_are_found(
    settings: StoreSettings, mitra: Person, owner: psycopg.AsyncConnection[Any]
) -> None:
    assert (await judge(settings, [], [], {}, set())).violations == 0
    await owner.execute("UPDATE core.mitras SET is_active = false")  # whose login lives on
    verdict = await judge(settings, [], [], {}, set())
    assert verdict.violations == 1
    assert verdict.differences
    assert not verdict.is_good


async def test_lost_events_and_unreachable_devices_are_counted(
    api: Api, settings: StoreSettings, mitra: Person, customer: Person, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.simulation.verdict.CATCH_UP_SECONDS", 1)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        present = Client(http, login_of(mitra), lambda _: None, after_seq=0)
        absent = Client(http, login_of(customer), lambda _: None, after_seq=0)
        absent.counters.lost = 3
        async with running(present):
            await outbox.emit(mitra, "status_changed", 2)
            verdict = await judge(settings, [present, absent], [present, absent], {}, set())
    assert present.seq == 2
    assert (verdict.events_lost, verdict.devices_unreached) == (3, 1)


async def test_messages_that_a_party_never_got_or_got_twice_are_counted(
    api: Api,
    settings: StoreSettings,
    mitra: Person,
    customer: Person,
    session: uuid.UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statistics = Statistics()
    statistics.confirmed(str(session), time.time())
    paid = statistics.paid_sessions()
    assert paid == {str(session)}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{api.port}", trust_env=False) as http:
        devices = [Client(http, login_of(user), lambda _: None) for user in (mitra, customer)]
        for expected in range(1, 5):
            sent = await devices[0].say(str(session), "Halo")
            frame = msgspec.to_builtins(sent) | {"sender_id": str(mitra.id)}
            for _ in range(2 if expected == 4 else 1):
                statistics.message(str(customer.id), frame)
            if expected != 3:
                statistics.message(str(mitra.id), frame)
        verdict = await judge(settings, [], devices, statistics.heard, paid)
        assert (verdict.messages_lost, verdict.messages_repeated) == (0, 0), "nobody is present"
        async with running(devices[0]), running(devices[1]):
            verdict = await judge(settings, devices, devices, statistics.heard, paid)
            earlier = await judge(settings, devices, devices, statistics.heard, set())
        assert (verdict.messages_lost, verdict.messages_repeated) == (1, 1)
        assert (earlier.messages_lost, earlier.messages_repeated) == (0, 0), "the session of a fleet before this one"
        assert statistics.counts["messages heard"] == 5
        monkeypatch.setattr("app.simulation.verdict.CATCH_UP_SECONDS", 0.1)
        await api.stop()
        verdict = await judge(settings, devices, devices, statistics.heard, paid)
        assert (verdict.messages_lost, verdict.messages_repeated) == (None, None)


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("figure", [1, None])
def test_whatever_is_not_zero_or_not_known_breaks_a_promise(place: int, figure: int | None) -> None:
    figures: list[Any] = [0] * 6
    assert Verdict(*figures).is_good
    figures[place] = figure
    assert not Verdict(*figures).is_good


def test_times_run_from_the_first_confirmation_to_the_first_arrival() -> None:
    statistics, now = Statistics(), time.time()
    statistics.offered("a")
    statistics.confirmed("a", now - 10)
    statistics.confirmed("a", now - 5)
    statistics.confirmed("b", now - 20)
    statistics.started("b")
    [to_offer], [to_start] = statistics.times_to_offer(), statistics.times_to_pair()
    assert 10 <= to_offer < 12
    assert 20 <= to_start < 22


def test_percentiles_are_values_that_occurred() -> None:
    assert [percentile([3.0, 1.0, 2.0], share) for share in (0, 0.5, 0.95, 1)] == [1.0, 2.0, 3.0, 3.0]
