"""Capacity is recounted, never added up, so that it is right whatever happens at the same moment."""

from collections.abc import Callable

from tests.support.people import People
from tests.support.together import statement, together


def test_capacity_is_right_after_many_ends_at_once(people: People, role_url: Callable[[str], str]) -> None:
    mitra = people.mitra(max_sessions=40)
    sessions = [people.session(mitra) for _ in range(24)]
    version = people.value("SELECT version FROM api.mirror_state(%s)", [mitra])

    outcomes = together(
        role_url("halo_app"),
        [statement("SELECT api.end_session(%s, 'cc', NULL) ->> 'status'", session) for session in sessions[:20]],
    )

    assert outcomes == ["completed"] * 20
    assert people.value("SELECT capacity FROM api.mirror_state(%s)", [mitra]) == 4
    assert people.value("SELECT version FROM api.mirror_state(%s)", [mitra]) > version
    people.assert_all_is_well()


def test_capacity_is_right_when_sessions_end_begin_and_run_out_at_once(people: People) -> None:
    mitra = people.mitra(max_sessions=40)
    ending = [people.session(mitra) for _ in range(8)]
    running_out = [people.session(mitra) for _ in range(8)]
    offers = [people.offer(people.search(), mitra) for _ in range(8)]
    people.column("DELETE FROM core.session_warnings RETURNING session_id")
    people.column(
        "UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = ANY (%s) RETURNING id", running_out
    )

    together(
        people.url,
        [
            *(statement("SELECT api.end_session(%s, 'cc', NULL)", session) for session in ending),
            *(statement("SELECT api.accept_offer(%s, %s)", offer, mitra) for offer in offers),
            *(statement("SELECT count(*) FROM api.run_due()") for _ in range(4)),
        ],
    )

    people.settle()
    assert people.value("SELECT capacity FROM api.mirror_state(%s)", [mitra]) == 8
    people.assert_all_is_well()
