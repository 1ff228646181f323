"""Any number of listeners may run; one of them leads."""

import signal
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from app.development.processes import free_port
from app.development.valkey import EmbeddedValkey
from app.mirror.writer import Writer
from app.settings import ListenerSettings
from app.valkey.answers import Superseded
from listeners.engine import leadership
from tests.support.listener_processes import Process, process
from tests.support.listening import Agrees, Listening, listening
from tests.support.market import Market
from tests.support.mirror import Mirror, Truth
from tests.support.waiting import START_SECONDS, eventually, until


def is_led(conn: psycopg.Connection) -> bool:
    row = conn.execute("SELECT is_led FROM api.leadership('listener')").fetchone()
    return row is not None and bool(row[0])


def test_nobody_but_the_listener_takes_renews_or_gives_back_the_lead(conn: psycopg.Connection) -> None:
    may = conn.execute(
        """
        SELECT function.proname || ' ' || role.rolname FROM pg_proc AS function CROSS JOIN pg_roles AS role
        WHERE function.pronamespace = 'api'::regnamespace AND function.proname LIKE '%_leadership'
            AND role.rolname LIKE 'halo\\_%' AND role.rolname <> 'halo_owner'
            AND has_function_privilege(role.oid, function.oid, 'EXECUTE')
        ORDER BY 1
        """
    ).fetchall()
    assert [row[0] for row in may] == [f"{what}_leadership halo_listener" for what in ("give_back", "renew", "take")]


async def test_a_lead_is_not_held_up_by_whoever_takes_advisory_locks(
    listener_settings: ListenerSettings, role_url: Callable[[str], str]
) -> None:
    with psycopg.connect(role_url("halo_readonly"), autocommit=True) as thief:
        thief.execute("SELECT pg_advisory_lock(hashtextextended('listener', 0))")
        async with listening(listener_settings) as listener:
            assert (await listener.get("/readyz")).json()["leading"] is True


async def test_of_two_listeners_one_leads_and_the_other_follows_when_it_ends(
    listener: Listening, listener_settings: ListenerSettings, market: Market, mirror: Mirror, agrees: Agrees
) -> None:
    async with listening(listener_settings.model_copy(update={"listener_port": free_port()})) as second:
        reports = [(await one.get("/readyz")).json() for one in (listener, second)]
        assert [report["leading"] for report in reports] == [True, False]
        epoch = reports[0]["epoch"]

        await listener.stop()

        async def took_over() -> bool:
            report = (await second.get("/readyz")).json()
            return bool(report["leading"]) and report["epoch"] > epoch

        await eventually(took_over, "the other leads, with a later epoch")
        market.mitra()
        await agrees()


async def test_a_killed_leader_is_followed_after_its_lease_ran_out(
    listener_settings: ListenerSettings, market: Market, mirror: Mirror, agrees: Agrees, tmp_path: Path
) -> None:
    with process(listener_settings, tmp_path / "first.log") as first:
        until(first.leads, "the first leads")
        async with listening(listener_settings) as second:
            market.mitra()
            await agrees()
            first.popen.kill()
            market.mitra()
            await agrees()
            assert (await second.get("/readyz")).json()["leading"] is True


async def test_a_killed_listener_heals_the_mirror_when_it_starts_again(
    listener_settings: ListenerSettings, market: Market, mirror: Mirror, agrees: Agrees, tmp_path: Path
) -> None:
    with process(listener_settings, tmp_path / "first.log") as first:
        mitra = market.mitra()
        await agrees()
        first.popen.kill()
        first.popen.wait()
    market.mitra()
    market.value("SELECT api.go_offline(%s)", mitra.id)
    async with listening(listener_settings):
        await agrees()  # the lease of the killed one runs out first


async def test_a_stopped_leader_loses_the_lead_and_its_late_writes_are_refused(
    listener_settings: ListenerSettings, market: Market, mirror: Mirror, agrees: Agrees, tmp_path: Path
) -> None:
    with process(listener_settings, tmp_path / "first.log") as first:
        until(first.leads, "the first leads")
        report = first.report()
        assert report is not None
        former_epoch = int(report["epoch"])
        async with listening(listener_settings) as second:
            first.popen.send_signal(signal.SIGSTOP)

            async def took_over() -> bool:
                return bool((await second.get("/readyz")).json()["leading"])

            await eventually(took_over, "the other leads")
            market.mitra()
            await agrees()
            with pytest.raises(Superseded):
                await Writer(mirror.server, epoch=former_epoch).apply([Truth().state])
            first.popen.send_signal(signal.SIGCONT)
            until(lambda: first.is_ready() and not first.leads(), "the first follows")
            market.mitra()
            await agrees()


async def test_a_leader_that_began_without_valkey_is_patient_no_longer_once_it_had_valkey(
    listener_settings: ListenerSettings, own_valkey: EmbeddedValkey, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leadership, "BLIND_SECONDS", 2.0)
    monkeypatch.setattr(leadership, "BLIND_TERM_SECONDS", 3600.0)
    own_valkey.kill()
    async with listening(listener_settings.model_copy(update={"valkey_url": own_valkey.url})) as listener:

        async def report() -> dict[str, object]:
            found: dict[str, object] = (await listener.get("/readyz")).json()
            return found

        async def has_valkey() -> bool:
            return (await report())["valkey"] == "up"

        async def has_renewed() -> bool:
            later = "SELECT until > %s + interval '5 seconds' FROM core.leaderships"
            return bool(market.value(later, seen_at))

        async def gave_back() -> bool:
            return (await report())["epoch"] != epoch

        epoch = (await report())["epoch"]
        assert epoch is not None
        own_valkey.start()
        await eventually(has_valkey, "it has Valkey")
        seen_at = market.value("SELECT clock_timestamp()")
        await eventually(has_renewed, "it renews its lease with Valkey")  # for 3 s, so this was 2 s later
        assert (await report())["epoch"] == epoch
        own_valkey.kill()
        await eventually(gave_back, "it gives the lease back")


async def test_sigterm_ends_a_working_listener_with_zero_and_gives_its_lease_back(
    listener_settings: ListenerSettings, market: Market, conn: psycopg.Connection, tmp_path: Path
) -> None:
    with process(listener_settings, tmp_path / "listener.log") as running:
        until(running.leads, "it leads")
        assert is_led(conn)
        for _ in range(20):
            market.mitra()
        running.popen.send_signal(signal.SIGTERM)
        assert running.popen.wait(timeout=START_SECONDS) == 0, running.log.read_text()
        assert not is_led(conn)
        log = running.log.read_text()
        assert "Traceback" not in log
        assert "error" not in log.lower()


async def test_sigint_while_it_waits_for_postgresql_ends_it_at_once(
    listener_settings: ListenerSettings, tmp_path: Path
) -> None:
    nowhere = listener_settings.model_copy(
        update={"database_url": f"postgresql://halo_listener@127.0.0.1:{free_port()}/none"}
    )
    running = Process(nowhere, tmp_path / "listener.log")
    try:
        until(lambda: "postgres_away" in running.log.read_text(), "it found nobody")
        running.popen.send_signal(signal.SIGINT)
        assert running.popen.wait(timeout=START_SECONDS) == 0, running.log.read_text()
    finally:
        running.popen.kill()
        running.popen.wait()


async def test_a_taken_port_ends_the_start_at_once_with_a_sentence(
    listener: Listening, listener_settings: ListenerSettings, tmp_path: Path
) -> None:
    second = Process(listener_settings, tmp_path / "listener.log", port=listener_settings.listener_port)
    try:
        assert second.popen.wait(timeout=START_SECONDS) == 2
    finally:
        second.popen.kill()
        second.popen.wait()
    log = second.log.read_text()
    assert f"LISTENER_PORT: 127.0.0.1:{listener_settings.listener_port} can't be used: Address already in use" in log
    assert "Traceback" not in log
