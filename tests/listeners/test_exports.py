"""What people asked for of their own data is made in the background, and nobody's export waits for another's."""

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from app.settings import ListenerSettings
from listeners.concerns.exports import Exports
from listeners.engine.backend import Backend
from tests.support.listening import Listening
from tests.support.people import People
from tests.support.waiting import eventually


@pytest.fixture
def exports(listener_settings: ListenerSettings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Exports]:
    monkeypatch.setattr("listeners.concerns.exports.ROWS_A_STEP", 2)
    backend = Backend(listener_settings.database_url, name="test")
    yield Exports(backend)
    backend.close()


def asked(people: People, customer: UUID) -> UUID:
    export = people.value("SELECT (api.request_data_export('customer', %s) ->> 'id')::uuid", customer)
    assert isinstance(export, UUID)
    return export


def state(people: People, customer: UUID) -> object:
    return people.value("SELECT api.data_export('customer', %s) ->> 'state'", customer)


@pytest.mark.usefixtures("listener")
async def test_a_listener_makes_what_is_asked_for(people: People, listener: Listening) -> None:
    customer, mitra = people.customer(), people.mitra()
    people.session(mitra, customer)
    asked(people, customer)

    async def is_ready() -> bool:
        return state(people, customer) == "ready"

    await eventually(is_ready, "the export is ready")
    assert people.value("SELECT api.data_export('customer', %s) #>> '{data,customers,0,id}'", customer) == str(customer)
    people.assert_all_is_well()


async def test_an_export_that_fails_holds_up_no_other_and_is_tried_again(
    exports: Exports, people: People, conn: psycopg.Connection
) -> None:
    broken, sound = people.customer(), people.customer()
    export = asked(people, broken)
    asked(people, sound)
    conn.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
        "CREATE TRIGGER planted BEFORE INSERT ON core.data_export_parts FOR EACH ROW"
        f" WHEN (NEW.export_id = '{export}') EXECUTE FUNCTION public.fail()".encode()
    )

    with capture_logs() as lines, pytest.raises(ExceptionGroup, match="exports were not made"):  # so the sweep failed
        await exports.make()
    assert [line["export_id"] for line in lines if line["event"] == "export_not_made"] == [str(export)]
    assert (state(people, broken), state(people, sound)) == ("pending", "ready")

    days_ago = "UPDATE core.data_exports SET requested_at = now() - interval '2 days' WHERE id = %s RETURNING id"
    people.column(days_ago, export)
    assert people.value("SELECT api.prune('data_exports', 10)") == 0
    assert asked(people, broken) == export
    conn.execute("DROP TRIGGER planted ON core.data_export_parts; DROP FUNCTION public.fail")
    assert await exports.make() == ""  # a minute has to pass
    people.column("UPDATE core.data_exports SET again_at = now() WHERE id = %s RETURNING id", export)
    assert await exports.make() == "1 ready"


async def test_an_export_that_is_held_is_passed_over_and_a_step_that_was_lost_is_made_once(
    exports: Exports, people: People, conn: psycopg.Connection
) -> None:
    held, free = people.customer(), people.customer()
    export = asked(people, held)
    asked(people, free)
    with psycopg.connect(conn.info.dsn) as other:
        other.execute("SELECT FROM core.data_exports WHERE id = %s FOR UPDATE", [export])
        assert await exports.make() == "1 ready"
        # A listener that died after its step was lost, and another one that makes the same step.
        people.column("SELECT api.make_data_export(%s, 1)", export)
    assert state(people, free) == "ready"
    assert await exports.make() == "1 ready"
    rows = people.value("SELECT api.data_export('customer', %s) -> 'data'", held)
    assert len(rows["customers"]) == 1
    assert len(rows["auth_sessions"]) == 1
