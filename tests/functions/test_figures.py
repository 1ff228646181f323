"""Figures while much happens at once: nothing is lost, nothing counted twice, nobody waits."""

import threading
from collections.abc import Callable
from uuid import UUID

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import statement, together

COUNTED = "SELECT coalesce(sum(value), 0)::integer FROM core.figures WHERE metric = %s AND step = %s"


def fold(people: People) -> None:
    while people.value("SELECT api.fold_figures(3)"):
        pass


def test_folds_at_once_share_the_changes(people: People, role_url: Callable[[str], str]) -> None:
    mitra = people.mitra(max_sessions=100)
    for _ in range(8):
        people.session(mitra)
    changes = people.value("SELECT count(*) FROM core.figure_changes")

    folded = together(role_url("halo_listener"), [statement("SELECT api.fold_figures(1000)")] * 6)

    assert sum(map(int, folded)) == changes
    assert people.value("SELECT count(*) FROM core.figure_changes") == 0
    assert [people.value(COUNTED, "sessions", step) for step in ("minute", "hour", "day", "ever")] == [8, 8, 8, 8]
    people.assert_all_is_well()


def test_a_fold_that_is_killed_has_done_nothing(people: People) -> None:
    people.session(people.mitra())
    changes = people.value("SELECT count(*) FROM core.figure_changes")
    with psycopg.connect(people.url) as killed:
        killed.execute("SELECT api.fold_figures(1000)")
        people.value("SELECT pg_terminate_backend(%s)", killed.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            killed.commit()

    assert people.value("SELECT count(*) FROM core.figure_changes") == changes
    assert people.value(COUNTED, "sessions", "ever") == 0
    fold(people)
    assert people.value(COUNTED, "sessions", "ever") == 1


def test_what_happens_while_a_fold_is_under_way_waits_for_nobody_and_is_counted(people: People) -> None:
    mitra = people.mitra()
    people.session(mitra)
    with psycopg.connect(people.url) as folding:
        folding.execute("SELECT api.fold_figures(1000)")
        people.value("SELECT set_config('lock_timeout', '100ms', false)")
        people.session(mitra)
        people.value("SELECT set_config('lock_timeout', '0', false)")
        folding.commit()
    fold(people)

    assert people.value(COUNTED, "sessions", "ever") == 2


def test_the_day_of_business_moves_after_the_folds_that_are_under_way(people: People) -> None:
    people.session(people.mitra())
    move = """SELECT api.set_config('business_time_zone', '"Asia/Tokyo"')"""
    with psycopg.connect(people.url) as folding:
        folding.execute("SELECT api.fold_figures(1000)")
        impatient = psycopg.connect(people.url, options="-c lock_timeout=100ms")
        with pytest.raises(psycopg.errors.LockNotAvailable), impatient as moving:
            moving.execute(move)
        folding.commit()
    people.value(move)

    assert people.value(COUNTED, "sessions", "day") == 1
    strays = "SELECT count(*) FROM core.figures WHERE step = 'day' AND at <> core.business_day(at)"
    assert people.value(strays) == 0


def test_a_change_of_a_transaction_that_commits_late_finds_its_minute(people: People) -> None:
    mitra = people.mitra()
    offer = people.offer(people.search(), mitra)
    with psycopg.connect(people.url) as late:
        late.execute("SELECT api.accept_offer(%s, %s)", [offer, mitra])
        fold(people)
        assert people.value(COUNTED, "offers_accepted", "minute") == 0
        late.commit()
    fold(people)

    accepted = "SELECT date_trunc('minute', settled_at) FROM core.pairing_offers WHERE id = %s"
    at = people.value("SELECT at FROM core.figures WHERE metric = 'offers_accepted' AND step = 'minute'")
    assert at == people.value(accepted, offer)


def test_figures_that_are_counted_again_while_much_happens_are_right(
    people: People, role_url: Callable[[str], str]
) -> None:
    """Counting again appends what is wrong in one moment, so what happens meanwhile is neither lost nor doubled."""
    mitra = people.mitra(max_sessions=100)
    offers = [people.offer(people.search(), mitra) for _ in range(20)]
    people.column("DELETE FROM core.figures RETURNING value")
    people.column("DELETE FROM core.figure_changes RETURNING value")

    def accept() -> None:
        with psycopg.connect(role_url("halo_app"), autocommit=True) as conn:
            for offer in offers:
                conn.execute("SELECT api.accept_offer(%s, %s)", [offer, mitra])

    accepting = threading.Thread(target=accept)
    accepting.start()
    again = "SELECT sum(corrections) FROM api.rebuild_figures('-infinity', 'infinity')"
    together(
        role_url("halo_dba"),
        [statement(again)] * 3 + [statement("SELECT api.fold_figures(5)")] * 3,
    )
    accepting.join()
    fold(people)

    assert people.value(COUNTED, "offers_accepted", "ever") == 20
    assert people.value(again) == 0
    people.assert_all_is_well()


def test_replies_looked_for_at_once_are_counted_once(people: People, role_url: Callable[[str], str]) -> None:
    mitra = people.mitra(max_sessions=100)
    sessions: list[UUID] = [people.session(mitra) for _ in range(6)]
    for session in sessions:
        people.value("SELECT message FROM api.send_message(%s, 'mitra', %s, 'first', 'Halo')", session, mitra)

    together(role_url("halo_listener"), [statement("SELECT api.fold_figures(1000)")] * 4)
    fold(people)

    assert people.value(COUNTED, "first_reply", "ever") == 6
    assert people.value("SELECT count(*) FROM core.awaited_replies") == 0
