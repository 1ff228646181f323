"""Operators who take each other's rights at the same moment."""

from collections.abc import Callable
from uuid import UUID, uuid4

import psycopg
import pytest

from tests.support.people import People
from tests.support.together import Call, blocked, statement, together


@pytest.fixture
def operator(people: People) -> Callable[[str], UUID]:
    """Makes active users of the control centre with a role."""

    def made(role: str) -> UUID:
        email = f"{uuid4().hex}@example.com"
        return UUID(people.value("SELECT api.create_cc_user(%s, 'A', %s, '$argon2id$x') ->> 'id'", email, role))

    return made


def demote(user: UUID, actor: UUID | None) -> Call[str]:
    return statement("SELECT api.update_cc_user(%s, NULL, 'viewer', NULL, NULL, %s) ->> 'role'", user, actor)


def super_admins(people: People) -> int:
    count: int = people.value(
        "SELECT count(*) FROM core.control_center_users AS cc_user JOIN core.roles AS role ON role.id = cc_user.role_id"
        " WHERE role.name = 'super_admin' AND cc_user.is_active"
    )
    return count


def test_of_two_super_admins_who_demote_each_other_one_stays(
    people: People, operator: Callable[[str], UUID], role_url: Callable[[str], str]
) -> None:
    ani, beni = operator("super_admin"), operator("super_admin")

    outcomes = together(role_url("halo_cc"), [demote(ani, beni), demote(beni, ani)])

    assert sorted(outcomes) == ["FORBIDDEN", "viewer"]
    assert super_admins(people) == 1


def test_whoever_lost_the_right_while_waiting_uses_it_no_more(
    people: People, conn: psycopg.Connection, operator: Callable[[str], UUID], role_url: Callable[[str], str]
) -> None:
    ani, beni, cici = (operator("super_admin") for _ in range(3))
    conn.execute("BEGIN")
    conn.execute("SELECT api.update_cc_user(%s, NULL, 'viewer', NULL, NULL, %s)", [beni, ani])
    with blocked(role_url("halo_cc"), demote(cici, beni)) as waiter:
        conn.execute("COMMIT")
        assert waiter.outcome() == "FORBIDDEN"
    assert super_admins(people) == 2


def test_the_last_super_admin_is_not_demoted_by_two_dbas_at_once(
    people: People, operator: Callable[[str], UUID], role_url: Callable[[str], str]
) -> None:
    users = [operator("super_admin") for _ in range(4)]

    outcomes = together(role_url("halo_dba"), [demote(user, None) for user in users])

    assert sorted(outcomes) == ["INVALID_STATE", "viewer", "viewer", "viewer"]
    assert super_admins(people) == 1


def test_a_role_is_not_deleted_while_somebody_gets_it(
    people: People, operator: Callable[[str], UUID], role_url: Callable[[str], str]
) -> None:
    ani = operator("super_admin")
    role = people.value("SELECT api.create_role('night_shift', '{}') ->> 'id'")
    user = operator("viewer")

    outcomes = together(
        role_url("halo_cc"),
        [
            statement("SELECT api.update_cc_user(%s, NULL, 'night_shift', NULL, NULL, %s) ->> 'role'", user, ani),
            statement("SELECT api.delete_role(%s, NULL, %s)::text", role, ani),
        ],
    )

    assert set(outcomes) in ({"night_shift", "INVALID_STATE"}, {"", "VALIDATION_ERROR"})


def test_a_login_that_opens_while_its_user_is_switched_off_is_refused_or_revoked(
    people: People, operator: Callable[[str], UUID], role_url: Callable[[str], str]
) -> None:
    ani, beni = operator("super_admin"), operator("viewer")
    logins = [
        statement("SELECT refusal FROM api.open_cc_login(%s, %s, 'here')", beni, bytes([number])) for number in range(8)
    ]

    together(
        role_url("halo_cc"),
        [*logins, statement("SELECT api.update_cc_user(%s, NULL, NULL, false, NULL, %s)", beni, ani)],
    )

    assert people.value("SELECT count(*) FROM core.auth_sessions WHERE revoked_at IS NULL") == 0
