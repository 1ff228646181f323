"""The loader leaves alone what is up to date, and disturbs nobody while it replaces what is not."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID

import psycopg
import pytest

from app.postgres.database import Connection, Database
from app.postgres.migrations import Report, migrate
from tests.support.catalogue import picture
from tests.support.people import People
from tests.support.sizes import in_proof_alone
from tests.support.waiting import eventually

ROUTINES = """
SELECT p.oid::regprocedure::text, p.oid FROM pg_proc AS p
WHERE p.pronamespace = ANY ('{core,api,ops}'::regnamespace[]) ORDER BY 1
"""
# A trigger function that tables share (core.tg_<task>) is a function like every other: it is replaced each time.
UNTOUCHED = """
SELECT t.tgname, t.tgrelid::regclass::text, t.oid, t.xmin::text,
    CASE WHEN position('__' IN p.proname) > 0 THEN p.xmin::text END
FROM pg_trigger AS t
JOIN pg_proc AS p ON p.oid = t.tgfoid WHERE NOT t.tgisinternal
UNION ALL
SELECT relname, relnamespace::regnamespace::text, oid, xmin::text, NULL FROM pg_class
WHERE relnamespace = 'core'::regnamespace
ORDER BY 1, 2
"""
GREET = """
CREATE OR REPLACE FUNCTION core.greet(p_name text) RETURNS text LANGUAGE plpgsql VOLATILE SET search_path = ''
AS $$ BEGIN RETURN 'Hello ' || p_name; END $$;
"""
# What the loader meets: 6 connections of apps and 2 of listeners, never idle.
APPS, LISTENERS = 6, 2
CUSTOMERS, MITRAS = 8, 4
CALLS_DURING_A_RUN = 20
SEED = 20261201


def test_a_second_run_changes_nothing_but_replaces_each_function_by_itself(
    conn: psycopg.Connection, database_url: str
) -> None:
    def state() -> list[object]:
        return [picture(conn), conn.execute(ROUTINES).fetchall(), conn.execute(UNTOUCHED).fetchall()]

    before = state()
    for _ in range(2):
        report = migrate(database_url)
        assert (report.migrations, report.dropped, report.triggers) == ([], [], [])
        assert state() == before


def test_a_right_that_its_file_no_longer_gives_is_taken_back(
    conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    before = picture(conn)
    file = house / "functions/pairing/mitra_offers.sql"
    released = file.read_text()
    file.write_text(released + "GRANT EXECUTE ON FUNCTION api.mitra_offers(uuid, integer, text) TO halo_cc;")
    migrate(database_url, house)
    assert picture(conn) != before

    file.write_text(released)
    migrate(database_url, house)
    assert picture(conn) == before


async def test_a_call_whose_function_is_replaced_under_it_is_started_again(
    conn: psycopg.Connection, database_url: str, house: Path, db: Database
) -> None:
    file = house / "functions" / "notes" / "greet.sql"
    file.parent.mkdir()
    file.write_text(GREET)
    migrate(database_url, house)
    conn.execute("SELECT pg_advisory_lock(7)")
    patient = "SELECT set_config('lock_timeout', '30s', true), pg_advisory_xact_lock_shared(7), core.greet('you')"
    greeting = asyncio.create_task(db.call(rows, patient))
    waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"

    async def is_waiting() -> bool:
        return conn.execute(waits).fetchone() == (1,)

    await eventually(is_waiting, "the statement is planned, and waits")
    file.write_text(GREET.replace("p_name", "p_whom").replace("Hello", "Good day"))
    migrate(database_url, house)
    conn.execute("SELECT pg_advisory_unlock(7)")
    assert [row[2] for row in await greeting] == ["Good day you"]


class Town:
    """Customers, mitras and listeners who go about their business, each on whatever connection is free."""

    def __init__(self, apps: Database, listeners: Database, people: People) -> None:
        self.calls = 0
        self.sessions = 0
        self._apps = apps
        self._listeners = listeners
        self._base = people.package()
        self._more = people.value(
            "UPDATE core.price_packages SET is_extension = true WHERE id = %s RETURNING id", people.package()
        )
        self._is_open = True
        self._dice = random.Random(SEED)

    def close(self) -> None:
        """Customers finish what they began and begin nothing more."""
        self._is_open = False

    async def customer(self, customer: UUID) -> None:
        """Pays and waits, again and again; then goes on for a while, ends, or has thought better of it."""
        while self._is_open:
            paid = await self._pay(customer, self._base)
            session = paid["session_id"]
            if self._dice.random() < 0.1:
                await self._app("SELECT api.cancel_session(%s, %s)", session, customer)
            if await self._becomes(session, customer, "active") and self._dice.random() < 0.5:
                more = await self._pay(customer, self._more, session)
                await self._app("SELECT api.request_extension(%s, %s, 15, 15000, %s)", session, customer, more["id"])
                await self._becomes(session, customer, "active", "closing")
            await self._app("SELECT api.end_session(%s, 'customer', %s)", session, customer)
            self.sessions += 1

    async def mitra(self, mitra: UUID) -> None:
        """Answers what is asked, mostly with yes."""
        while True:
            for offer in (await self._app("SELECT api.mitra_offers(%s)", mitra))["items"]:
                if self._dice.random() < 0.1:
                    await self._app("SELECT api.decline_offer(%s, %s)", offer["id"], mitra)
                else:
                    await self._app("SELECT api.accept_offer(%s, %s)", offer["id"], mitra)
            for session in (await self._app("SELECT api.list_sessions('mitra', %s, 50)", mitra))["items"]:
                if asked := session["pending_extension"]:
                    await self._app(
                        "SELECT api.respond_to_extension(%s, %s, %s, %s)",
                        asked["id"], session["id"], mitra, self._dice.random() < 0.7,
                    )  # fmt: skip

    async def listener(self) -> None:
        """Sends offers, settles what is due, dispatches what is to be told."""
        while True:
            for (session,) in await self._listeners.call(rows, "SELECT session_id FROM api.unoffered_sessions()"):
                await self._listeners.call(rows, "SELECT * FROM api.blast(%s)", session)
            await self._listeners.call(rows, "SELECT * FROM api.run_due(100)")
            async with self._listeners.transaction() as conn:
                told = await rows(conn, "SELECT recipient, seq FROM api.claim_events(100)")
                await rows(
                    conn, "SELECT api.confirm_dispatched(%s::text[], %s::bigint[])",
                    [recipient for recipient, _ in told], [seq for _, seq in told],
                )  # fmt: skip

    async def _pay(self, customer: UUID, package: UUID, session: UUID | None = None) -> Any:
        request = await self._app(
            "SELECT api.create_payment_request(%s, %s, %s, %s, true)", customer, package, session is not None, session
        )
        return await self._app("SELECT api.confirm_manual_payment(%s, %s)", request["id"], customer)

    async def _becomes(self, session: UUID, customer: UUID, *wanted: str) -> bool:
        while True:
            found = await self._app("SELECT api.session_info(%s, 'customer', %s)", session, customer)
            if found["status"] in wanted:
                return True
            if found["ended_at"] is not None:
                return False
            await asyncio.sleep(0.01)

    async def _app(self, query: LiteralString, *params: object) -> Any:
        """What a function answers, None when it refuses. Any other error ends the test."""
        self.calls += 1
        try:
            return (await self._apps.call(rows, query, *params))[0][0]
        except psycopg.Error as error:
            if not (error.sqlstate or "").startswith("PT"):
                raise
            return None


async def rows(conn: Connection, query: LiteralString, *params: object) -> list[tuple[Any, ...]]:
    """A statement's rows."""
    return await (await conn.execute(query, params)).fetchall()


@pytest.fixture
async def town(conn: psycopg.Connection, app_url: Callable[[str], str]) -> AsyncIterator[Town]:
    """A town that is about to open."""
    apps = await Database.open(app_url("halo_app"), name="apps", min_size=APPS, max_size=APPS)
    listeners = await Database.open(app_url("halo_listener"), name="listeners", min_size=LISTENERS, max_size=LISTENERS)
    yield Town(apps, listeners, People(conn))
    await listeners.close()
    await apps.close()


def changed(file: Path, pattern: str, replacement: str) -> None:
    """Edit a file of db/ as a developer would."""
    text, count = re.subn(pattern, replacement, file.read_text())
    assert count > 0, (file, pattern)
    file.write_text(text)


@in_proof_alone("takes half a minute")
async def test_functions_are_replaced_while_sessions_run_and_nobody_notices(
    town: Town, conn: psycopg.Connection, database_url: str, house: Path
) -> None:
    people = People(conn)
    for key in ("pairing_timeout_seconds", "extension_timeout_seconds", "extension_settle_grace_seconds"):
        people.set(key, 3)  # whoever was declined by all, or overlooked, goes on soon

    async def run_of_the_loader() -> Report:
        before = town.calls
        report = await asyncio.to_thread(migrate, database_url, house)
        assert town.calls - before >= CALLS_DURING_A_RUN
        return report

    async with asyncio.TaskGroup() as group:
        helpers = [group.create_task(town.mitra(people.mitra())) for _ in range(MITRAS)]
        helpers += [group.create_task(town.listener()) for _ in range(LISTENERS)]
        customers = [group.create_task(town.customer(people.customer())) for _ in range(CUSTOMERS)]
        for _ in range(10):
            assert (await run_of_the_loader()).functions > 200

        trigger = house / "triggers" / "chat_sessions__900_notify_mirror.sql"
        changed(trigger, "once a statement", "once in each statement")
        assert (await run_of_the_loader()).triggers == [trigger.name]

        # a function that everything calls, its callers included, and one that apps call
        capacity, accept = house / "functions/availability/capacity.sql", house / "functions/pairing/accept_offer.sql"
        changed(capacity, r"p_mitra_id", "p_id")
        changed(accept, r"p_mitra_id uuid\)", "p_mitra_id uuid, p_note text DEFAULT NULL)")
        changed(accept, r"accept_offer\(uuid, uuid\)", "accept_offer(uuid, uuid, text)")
        assert (await run_of_the_loader()).dropped == ["api.accept_offer(uuid,uuid)"]

        town.close()
        await asyncio.gather(*customers)
        for helper in helpers:
            helper.cancel()

    assert town.sessions > CUSTOMERS
    people.settle()
    people.assert_all_is_well()
