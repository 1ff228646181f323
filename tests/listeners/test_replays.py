"""Replays are made in the background, part by part, and nobody's replay waits for one that fails."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from app.settings import ListenerSettings
from listeners.concerns.replays import Replayer
from listeners.engine.backend import Backend
from tests.support.people import People


@pytest.fixture
def replayer(listener_settings: ListenerSettings) -> Iterator[Replayer]:
    backend = Backend(listener_settings.database_url, name="test")
    yield Replayer(backend)
    backend.close()


@pytest.fixture
def asked(people: People) -> list[UUID]:
    """Two replays of a day of demo history, of which one has other rules."""
    people.value("SELECT api.seed_demo()")
    people.value("SELECT api.seed_demo_history(1, 500)")
    return [
        people.value(
            "SELECT (api.request_replay(date_trunc('day', now()) - interval '1 day', date_trunc('day', now()), %s)"
            " ->> 'id')::uuid",
            settings,
        )
        for settings in ("{}", '{"mitra_max_sessions": 1}')
    ]


def answer(people: People, replay: UUID) -> str:
    found = people.value("SELECT api.find_replay(%s)", replay)
    return f"{found['state']} {found['answer']}"


async def test_a_replay_that_fails_holds_up_no_other_and_one_in_the_background_says_what_one_at_once_says(
    replayer: Replayer, people: People, conn: psycopg.Connection, asked: list[UUID]
) -> None:
    broken, sound = asked
    conn.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
        "CREATE TRIGGER planted BEFORE UPDATE OF counts ON core.replays FOR EACH ROW"
        f" WHEN (NEW.id = '{broken}') EXECUTE FUNCTION public.fail()".encode()
    )
    failures = 0
    with capture_logs() as lines:
        while answer(people, sound) != "done replayed":
            try:
                await replayer.make()
            except ExceptionGroup:  # so the sweep failed
                failures += 1
    assert failures == 1, "it waits a minute after that"
    assert {line["replay_id"] for line in lines if line["event"] == "replay_not_made"} == {str(broken)}
    assert answer(people, broken) == "running None"

    whole = people.value("SELECT ops.replay(from_at, to_at, settings, seed) FROM core.replays WHERE id = %s", sound)
    made = people.value("SELECT api.find_replay(%s)", sound)
    assert {name: made[name] for name in whole} == whole

    people.column(
        "UPDATE core.replays SET requested_at = now() - interval '25 hours' WHERE id = %s RETURNING id", broken
    )
    assert await replayer.make() == ""
    assert answer(people, broken) == "cancelled None", "what can't be made ends after a day"
    people.assert_all_is_well()
