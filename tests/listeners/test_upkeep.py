"""What the leader keeps in order besides the mirror."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from uuid import UUID

import psycopg
import pytest
from structlog.testing import capture_logs

from app.mirror.gateway import Gateway
from app.mirror.server import Server
from app.settings import ListenerSettings
from listeners.concerns.publisher import FramePublisher
from listeners.concerns.upkeep import Upkeep
from listeners.engine.backend import Backend
from listeners.engine.sweeps import Sweep
from tests.support.people import People
from tests.support.waiting import eventually, until


@pytest.fixture
def upkeep(listener_settings: ListenerSettings, server: Server, gateway: Gateway) -> Iterator[Upkeep]:
    backend = Backend(listener_settings.database_url, name="test")
    yield Upkeep(backend, FramePublisher(server), gateway, lambda: 2.0)
    backend.close()


async def test_an_empty_notification_queue_is_no_news(upkeep: Upkeep) -> None:
    assert await upkeep.watch_queue() == ""


@pytest.fixture
def filling(monkeypatch: pytest.MonkeyPatch) -> None:
    """The notification queue is held to fill, and a moment's silence to be too long."""
    monkeypatch.setattr("listeners.concerns.upkeep.WORRYING_QUEUE", 0.0)
    monkeypatch.setattr("listeners.concerns.upkeep.STUCK_SECONDS", 0.0)


@pytest.mark.usefixtures("filling")
@pytest.mark.parametrize("role", ["halo_app", "halo_dba"])
async def test_a_session_that_listens_in_an_open_transaction_is_ended_whatever_role_of_ours_it_has(
    upkeep: Upkeep, role_url: Callable[[str], str], conn: psycopg.Connection, role: str
) -> None:
    with psycopg.connect(role_url(role)) as listens, psycopg.connect(conn.info.dsn) as other:
        listens.execute("LISTEN events")
        listens.commit()
        listens.execute("SELECT")
        other.execute("SELECT")
        with capture_logs() as lines:
            await upkeep.watch_queue()
        ended, fills = [line for line in lines if line["log_level"] == "warning"]
        assert (ended["event"], ended["pid"], ended["role"]) == ("stuck_session_ended", listens.info.backend_pid, role)
        assert (fills["event"], fills["ended"]) == ("notification_queue_fills", 1)
        with pytest.raises(psycopg.OperationalError):
            listens.execute("SELECT")
        other.execute("SELECT")  # not one of ours: nobody's to end


@pytest.mark.usefixtures("filling")
async def test_a_session_that_keeps_a_filling_queue_from_emptying_is_ended(
    upkeep: Upkeep, role_url: Callable[[str], str], conn: psycopg.Connection
) -> None:
    stuck = psycopg.connect(role_url("halo_listener"), autocommit=True)
    pid = stuck.info.backend_pid
    # Sent, and never read: the backend waits for its client to take the answer.
    stuck.pgconn.send_query(b"SELECT repeat('x', 1000) FROM generate_series(1, 100000)")

    def waits_for() -> object:
        row = conn.execute("SELECT wait_event FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
        return row and row[0]

    until(lambda: waits_for() == "ClientWrite", "the backend is stuck")
    assert await upkeep.watch_queue() == "0% of the notification queue in use"

    async def gone() -> bool:
        return waits_for() is None

    await eventually(gone, "the backend is gone")
    stuck.close()


async def test_partitions_are_kept_ahead(upkeep: Upkeep, conn: psycopg.Connection) -> None:
    conn.execute(
        "DO $$ BEGIN EXECUTE (SELECT 'DROP TABLE ' || max(inhrelid::regclass::text) FROM pg_inherits"
        " WHERE inhparent = 'core.events'::regclass); END $$"
    )
    assert await upkeep.maintain_partitions() != ""
    assert await upkeep.maintain_partitions() == ""


@pytest.fixture
def old_day(conn: psycopg.Connection) -> str:
    """A day of events that is older than they are kept."""
    conn.execute(
        "CREATE TABLE core.events_20200101 PARTITION OF core.events FOR VALUES FROM ('2020-01-01') TO ('2020-01-02')"
    )
    conn.execute("ALTER TABLE core.events_20200101 OWNER TO halo_owner")
    return "events_20200101"


async def test_while_an_old_day_waits_to_be_dropped_events_are_written(
    upkeep: Upkeep, people: People, conn: psycopg.Connection, old_day: str
) -> None:
    people.mitra()
    conn.execute("UPDATE core.events SET day = '2020-01-01'")
    conn.execute("UPDATE core.event_positions AS position SET seq = stream.last_seq"
        " FROM core.event_streams AS stream WHERE stream.recipient = position.recipient")  # fmt: skip
    with psycopg.connect(conn.info.dsn) as reader:
        reader.execute("SELECT FROM core.events")  # whoever reads the table holds up who drops a part of it
        conn.execute("SET statement_timeout = '3s'")
        dropping = asyncio.create_task(upkeep.maintain_partitions())
        while not dropping.done():
            people.mitra()
            await asyncio.sleep(0)
    assert await dropping == f"left {old_day}, which is busy"
    assert await upkeep.maintain_partitions() == f"dropped {old_day}"
    people.assert_all_is_well()


async def test_what_is_old_is_pruned_in_small_parts_and_a_part_that_fails_holds_up_no_other(
    upkeep: Upkeep, people: People, conn: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listeners.concerns.upkeep.ROWS_A_PRUNING", 2)
    conn.execute(
        "CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'planted'; END $$;"
        "CREATE TRIGGER planted BEFORE DELETE ON core.idempotency_leases EXECUTE FUNCTION public.fail();"
        "INSERT INTO core.login_addresses (email, address, tried_at)"
        " SELECT 'a@b', n::text, now() - interval '2 hours' FROM generate_series(1, 5) AS n"
    )
    with pytest.RaisesGroup(pytest.RaisesExc(psycopg.errors.RaiseException, match="planted")):
        await upkeep.prune()
    assert people.value("SELECT count(*) FROM core.login_addresses") == 0
    conn.execute("DROP TRIGGER planted ON core.idempotency_leases; DROP FUNCTION public.fail")
    assert await upkeep.prune() == 0


def _date_back(people: People, session: UUID) -> None:
    people.column(
        "UPDATE core.chat_sessions SET expires_at = now() - interval '1 hour' WHERE id = %s RETURNING id", session
    )


async def test_only_while_the_horizon_is_held_is_anything_passed_over_and_that_for_a_minute(
    upkeep: Upkeep, people: People, conn: psycopg.Connection
) -> None:
    one, other = people.session(people.mitra()), people.session(people.mitra())
    await upkeep.mark_low_water()
    _date_back(people, one)
    await upkeep.mark_low_water()
    assert people.settle() == 1
    with psycopg.connect(people.url) as holder:
        holder.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT FROM core.mitras")
        conn.execute("DO $$ BEGIN FOR n IN 1 .. 1000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$")
        await upkeep.mark_low_water()
        _date_back(people, other)
        await upkeep.mark_low_water()
        assert people.settle() == 0
        upkeep._anew_at -= 60.0  # a minute is over
        await upkeep.mark_low_water()
        assert people.settle() == 1
    await upkeep.mark_low_water()
    assert people.value("SELECT core.due_from()") == datetime.fromtimestamp(0, UTC)


async def test_figures_are_folded_and_sampled_once_a_minute(upkeep: Upkeep, people: People) -> None:
    people.session(people.mitra())

    await upkeep.keep_figures()
    await upkeep.keep_figures()

    assert people.value("SELECT count(*) FROM core.figure_changes") == 0
    assert people.value("SELECT value FROM core.figures WHERE metric = 'sessions' AND step = 'ever'") == 1
    samples = "SELECT samples FROM core.figures WHERE step = 'minute' AND metric IN ('online_mitras', 'mirror_lag')"
    assert set(people.column(samples)) == {1}


async def test_how_each_sweep_went_is_written_down(
    listener_settings: ListenerSettings, server: Server, gateway: Gateway, people: People
) -> None:
    backend = Backend(listener_settings.database_url, name="test")
    sweep = Sweep("greeting", 10.0, lambda: asyncio.sleep(0, "hello"))
    await sweep._run_once()

    await Upkeep(backend, FramePublisher(server), gateway, all_sweeps=lambda: [sweep]).record_sweeps()

    backend.close()
    found = people.column("SELECT outcome || ', ' || found FROM core.sweep_runs WHERE sweep = 'greeting'")
    assert found == ["ok, hello"]
