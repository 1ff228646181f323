"""A row that no write gets past delays itself: the rest of its page is copied, set offline and noted."""

from collections.abc import Sequence
from uuid import UUID, uuid4

import psycopg
import pytest
import structlog
from psycopg import sql
from structlog.testing import capture_logs

from app.mirror.gateway import Gateway
from app.settings import ListenerSettings
from listeners.engine import set_aside
from listeners.engine.set_aside import SetAside
from tests.support.listening import Agrees, listening, status_of
from tests.support.market import Market
from tests.support.waiting import eventually


def plant(conn: psycopg.Connection, table: str, column: str, key: UUID) -> None:
    """Let no write get past this row."""
    add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT planted CHECK ({} <> {}) NOT VALID")
    conn.execute(add.format(sql.Identifier("core", table), sql.Identifier(column), sql.Literal(str(key))))


async def test_a_mitra_whose_row_is_broken_holds_up_neither_the_copy_nor_the_sweep(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection, agrees: Agrees, gateway: Gateway
) -> None:
    broken, *silent = [market.mitra() for _ in range(4)]
    settings = listener_settings.model_copy(
        update={"mitra_auto_offline_sweep_seconds": 0.1, "heartbeat_mirror_interval_seconds": 0.1}
    )
    async with listening(settings) as listener:
        await agrees()
        began = market.value("SELECT clock_timestamp()")
        plant(conn, "mitra_online_status", "mitra_id", broken.id)
        for mitra in (broken, *silent):
            await gateway.beat(mitra.id)

        async def are_copied() -> bool:
            copied = "SELECT min(last_heartbeat_at) > %s FROM core.mitra_online_status WHERE mitra_id <> %s"
            return bool(market.value(copied, began, broken.id))

        await eventually(are_copied, "the heartbeats of the others are copied")
        market.set("heartbeat_stale_seconds", 2)

        async def are_offline() -> bool:
            return not any(status_of(conn, mitra.id) for mitra in silent)

        await eventually(are_offline, "the others are offline")

        async def is_counted() -> bool:
            return await listener.metric('halobestie_listener_failures_total{concern="auto_offline"}') >= 1

        await eventually(is_counted, "the failure is counted")
        assert status_of(conn, broken.id)


async def test_a_session_whose_presence_can_not_be_written_holds_up_no_other_session(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection
) -> None:
    broken, *others = [market.session(market.customer(), market.mitra()) for _ in range(4)]
    plant(conn, "session_presences", "session_id", broken)

    async def are_noted() -> bool:
        noted = conn.execute("SELECT DISTINCT session_id FROM core.session_presences").fetchall()
        return {session for (session,) in noted} == set(others)

    async with listening(listener_settings) as listener:
        await eventually(are_noted, "the others are noted")

        async def is_counted() -> bool:
            return await listener.metric('halobestie_listener_failures_total{concern="presence"}') >= 1

        await eventually(is_counted, "the failure is counted")


class Table:
    """Rows that are written page by page, some of which are broken."""

    def __init__(self, broken: set[UUID]) -> None:
        self.broken = broken
        self.written: list[UUID] = []
        self.calls = 0

    async def write(self, page: Sequence[UUID]) -> None:
        """Write a page, or nothing of it."""
        self.calls += 1
        if not self.broken.isdisjoint(page):
            raise psycopg.errors.CheckViolation
        self.written += page


def an_aside() -> SetAside:
    return SetAside(structlog.get_logger(), "presence", "not_written", "row")


def itself(row: UUID) -> UUID:
    return row


async def test_a_broken_row_is_found_by_halving_and_then_left_alone() -> None:
    rows = [uuid4() for _ in range(100)]
    table, aside = Table({rows[37]}), an_aside()
    with capture_logs() as lines:
        await aside.act_on(rows, itself, table.write)
    assert table.written == [*rows[:37], *rows[38:]]
    assert [line["row"] for line in lines] == [str(rows[37])]
    assert table.calls < 20
    await aside.act_on(rows, itself, table.write)
    assert table.calls < 21


async def test_when_every_row_fails_no_row_is_to_blame() -> None:
    rows = [uuid4() for _ in range(100)]
    table = Table(set(rows))
    with capture_logs() as lines, pytest.raises(psycopg.errors.CheckViolation):
        await an_aside().act_on(rows, itself, table.write)
    assert len(lines) == set_aside.MOST_TO_BLAME
    assert table.calls < 40


async def test_a_fault_of_the_server_is_no_fault_of_a_row() -> None:
    async def fail(_page: Sequence[UUID]) -> None:
        raise psycopg.errors.LockNotAvailable

    with capture_logs() as lines, pytest.raises(psycopg.errors.LockNotAvailable):
        await an_aside().act_on([uuid4(), uuid4()], itself, fail)
    assert lines == []
