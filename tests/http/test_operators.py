"""Roles and users of the control centre, and what users do for themselves, over HTTP."""

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest

from app.auth.passwords import require_good
from tests.support.http_apps import problem
from tests.support.market import PASSWORD, Market, Person
from tests.support.tokens import bearer

ROLES = "/internal/roles"
USERS = "/internal/control-center-users"
ANOTHER = "four words nobody knows"


@pytest.fixture
def rina(market: Market) -> Person:
    return market.operator()


async def made_user(internal: httpx.AsyncClient, by: Person, **fields: Any) -> dict[str, Any]:
    body = {"email": f"{uuid4().hex}@example.com", "display_name": "Kiki", "role": "viewer", "password": PASSWORD}
    answer = await internal.post(USERS, json=body | fields, headers=by.headers)
    assert answer.status_code == 201, answer.text
    user: dict[str, Any] = answer.json()
    return user


async def log_in(internal: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await internal.post("/internal/auth/login", json={"email": email, "password": password})


def match(thing: httpx.Response | dict[str, Any]) -> dict[str, str]:
    version = thing["version"] if isinstance(thing, dict) else thing.json()["version"]
    return {"If-Match": f'"{version}"'}


async def test_a_role_is_made_changed_and_deleted(internal: httpx.AsyncClient, rina: Person) -> None:
    body = {"name": "night_shift", "permissions": {"sessions": ["read"]}, "reason": "We work at night now."}
    made = await internal.post(ROLES, json=body, headers=rina.headers)
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    path = f"{ROLES}/{made.json()['id']}"
    change = {"permissions": {"sessions": ["read"], "mitra": ["read"]}}
    changed = await internal.patch(path, json=change, headers=rina.headers | match(made))
    assert (changed.json()["permissions"], changed.headers["etag"]) == (change["permissions"], '"2"')
    assert problem(await internal.patch(path, json=change, headers=rina.headers)) == (428, "VERSION_REQUIRED")
    stale = await internal.patch(path, json=change, headers=rina.headers | match(made))
    assert problem(stale) == (412, "VERSION_MISMATCH")
    listed = (await internal.get(ROLES, headers=rina.headers)).json()["items"]
    assert changed.json() in listed
    assert (await internal.get(path, headers=rina.headers)).json() == changed.json()
    gone = await internal.delete(path, headers=rina.headers | match(changed))
    assert gone.status_code == 204
    assert problem(await internal.get(path, headers=rina.headers)) == (404, "NOT_FOUND")


async def test_permissions_that_there_are_not_are_named(internal: httpx.AsyncClient, rina: Person) -> None:
    body = {"name": "night_shift", "permissions": {"sessions": ["read", "burn"], "moon": ["land"]}}
    answer = await internal.post(ROLES, json=body, headers=rina.headers)
    assert problem(answer) == (422, "VALIDATION_ERROR")
    assert answer.json()["field"] == "permissions"
    assert "moon:land, sessions:burn" in answer.json()["detail"]


async def test_a_user_is_made_and_logs_in_with_what_the_role_allows(internal: httpx.AsyncClient, rina: Person) -> None:
    user = await made_user(internal, rina, email="Kiki@Example.com")
    assert (user["email"], user["role"], user["is_active"], user["last_login_at"]) == (
        "kiki@example.com", "viewer", True, None,
    )  # fmt: skip
    tokens = (await log_in(internal, "kiki@example.com", PASSWORD)).json()
    headers = bearer(tokens["access_token"])
    me = (await internal.get("/internal/me", headers=headers)).json()
    assert (me["role"], me["locale"], me["time_zone"], me["views"]) == ("viewer", None, "Asia/Jakarta", [])
    assert me["permissions"]["mitra"] == ["read"]
    refused = await internal.post(ROLES, json={"name": "xx", "permissions": {}}, headers=headers)
    assert problem(refused) == (403, "FORBIDDEN")
    assert "roles:create" in refused.json()["detail"]
    shown = (await internal.get(f"{USERS}/{user['id']}", headers=rina.headers)).json()
    assert shown["last_login_at"] is not None


async def test_a_password_that_is_guessed_first_is_refused(internal: httpx.AsyncClient, rina: Person) -> None:
    body = {"email": "kiki.of.the.moon@example.com", "display_name": "Kiki", "role": "viewer"}
    for password in (
        "too short",
        "a" * 20,
        "Kiki.of.the.moon@example.com",
        "",
        "halobestie-demo",
        "Password1234!",
        "P@ssw0rd2026!",
        "qwertyuiop123",
        "1q2w3e4r5t6y",
        "1234567890-=",
        "lkjhgfdsa0987",
        "Halobestie2026!",
        "admin-admin-admin-1",
        "kiki.moon.2026",
        "Rahasia-Sayang-11",
    ):
        answer = await internal.post(USERS, json=body | {"password": password}, headers=rina.headers)
        assert problem(answer) == (422, "VALIDATION_ERROR"), password
        assert answer.json()["field"] == "password"


@pytest.mark.parametrize("good", [PASSWORD, ANOTHER, "x7#Kp!2mQz9L", "tin lamp river orange", "kopi-hujan-1978-senja"])
def test_a_password_that_nobody_guesses_first_is_taken(good: str) -> None:
    require_good(good, field="password", email="kiki@example.com")


async def test_a_key_of_a_request_with_a_password_keeps_no_hash_that_is_quick_to_try(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    headers = rina.headers | {"Idempotency-Key": "once"}
    body = {"email": "kiki@example.com", "display_name": "Kiki", "role": "viewer", "password": PASSWORD}
    first, again = [await internal.post(USERS, json=body, headers=headers) for _ in range(2)]
    assert first.json() == again.json()
    other = await internal.post(USERS, json=body | {"password": ANOTHER}, headers=headers)
    assert problem(other) == (422, "IDEMPOTENCY_KEY_REUSED")
    quick = market.value(
        "SELECT count(*) FROM core.idempotency_keys WHERE body_hash = sha256(%s)", first.request.content
    )
    assert quick == 0


async def test_whoever_is_switched_off_or_gets_another_password_is_out_at_the_next_request(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    for change in ("is_active", "password"):
        user = await made_user(internal, rina)
        tokens = (await log_in(internal, user["email"], PASSWORD)).json()
        headers = bearer(tokens["access_token"])
        assert (await internal.get("/internal/dashboard", headers=headers)).status_code == 200
        path = f"{USERS}/{user['id']}"
        if change == "is_active":
            user = (await internal.get(path, headers=rina.headers)).json()
            off = await internal.patch(path, json={"is_active": False}, headers=rina.headers | match(user))
            assert off.json()["is_active"] is False
        else:
            assert (
                await internal.post(f"{path}/password", json={"password": ANOTHER}, headers=rina.headers)
            ).status_code == 204
        for own in ("/internal/dashboard", "/internal/me"):
            assert problem(await internal.get(own, headers=headers)) == (401, "UNAUTHENTICATED"), change
        refreshed = await internal.post("/internal/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
        assert problem(refreshed) == (401, "UNAUTHENTICATED"), change
        again = await log_in(internal, user["email"], ANOTHER)
        assert again.status_code == (401 if change == "is_active" else 200)
    entry = market.value(
        "SELECT to_jsonb(log) FROM core.audit_log AS log WHERE action = 'control_center_user.password'"
    )
    assert (entry["before"], entry["after"]) == (None, None)


async def test_nobody_takes_their_own_rights_or_the_last_super_admins(
    internal: httpx.AsyncClient, rina: Person
) -> None:
    own = f"{USERS}/{rina.id}"
    me = (await internal.get(own, headers=rina.headers)).json()
    for change in ({"role": "viewer"}, {"is_active": False}):
        answer = await internal.patch(own, json=change, headers=rina.headers | match(me))
        assert problem(answer) == (409, "INVALID_STATE"), change
    kiki = await made_user(internal, rina, role="super_admin")
    tokens = (await log_in(internal, kiki["email"], PASSWORD)).json()
    me = (await internal.get(own, headers=rina.headers)).json()
    demoted = await internal.patch(own, json={"role": "viewer"}, headers=bearer(tokens["access_token"]) | match(me))
    assert demoted.json()["role"] == "viewer"
    assert problem(await internal.get(USERS, headers=rina.headers)) == (403, "FORBIDDEN")


async def test_who_never_logged_in_can_be_deleted(internal: httpx.AsyncClient, rina: Person) -> None:
    made = await made_user(internal, rina)
    path = f"{USERS}/{made['id']}"
    assert problem(await internal.delete(path, headers=rina.headers)) == (428, "VERSION_REQUIRED")
    gone = await internal.delete(path, headers=rina.headers | match(made))
    assert (gone.status_code, gone.content) == (204, b"")
    assert problem(await internal.get(path, headers=rina.headers)) == (404, "NOT_FOUND")


async def test_another_password_with_a_key_is_given_once_and_its_empty_reply_is_replayed(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    user = await made_user(internal, rina)
    path, headers = f"{USERS}/{user['id']}/password", rina.headers | {"Idempotency-Key": "once"}
    first = await internal.post(path, json={"password": ANOTHER}, headers=headers)
    assert (first.status_code, first.content) == (204, b""), first.text
    again = await internal.post(path, json={"password": ANOTHER}, headers=headers)
    assert (again.status_code, again.content, again.headers["idempotent-replayed"]) == (204, b"", "true")
    assert (await log_in(internal, user["email"], ANOTHER)).status_code == 200
    changes = "SELECT count(*) FROM core.audit_log WHERE action = 'control_center_user.password'"
    assert market.value(changes) == 1


async def test_ones_own_password_changes_with_the_old_one_and_ends_other_logins(
    internal: httpx.AsyncClient, rina: Person
) -> None:
    user = await made_user(internal, rina)
    here, elsewhere = [
        bearer((await log_in(internal, user["email"], PASSWORD)).json()["access_token"]) for _ in range(2)
    ]
    path = "/internal/me/password"
    wrong = await internal.post(path, json={"old_password": "a slip", "password": ANOTHER}, headers=here)
    assert problem(wrong) == (422, "VALIDATION_ERROR")
    assert wrong.json()["field"] == "old_password"
    weak = await internal.post(path, json={"old_password": PASSWORD, "password": "short"}, headers=here)
    assert (problem(weak), weak.json()["field"]) == ((422, "VALIDATION_ERROR"), "password")
    done = await internal.post(path, json={"old_password": PASSWORD, "password": ANOTHER}, headers=here)
    assert done.status_code == 204
    assert (await internal.get("/internal/me", headers=here)).status_code == 200
    assert problem(await internal.get("/internal/me", headers=elsewhere)) == (401, "UNAUTHENTICATED")
    assert (await log_in(internal, user["email"], PASSWORD)).status_code == 401
    assert (await log_in(internal, user["email"], ANOTHER)).status_code == 200


async def test_guesses_at_the_old_password_are_slowed_down_as_those_of_a_login(
    internal: httpx.AsyncClient, market: Market, rina: Person
) -> None:
    path, guess = "/internal/me/password", {"old_password": "a guess", "password": ANOTHER}
    answers = [await internal.post(path, json=guess, headers=rina.headers) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [422] * 5 + [429]
    assert 800 < int(answers[-1].headers["retry-after"]) <= 900
    right = await internal.post(path, json={"old_password": PASSWORD, "password": ANOTHER}, headers=rina.headers)
    assert problem(right) == (429, "RATE_LIMITED")
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'login.failed'") == 5


async def test_ones_profile_and_views_are_kept(internal: httpx.AsyncClient, market: Market, rina: Person) -> None:
    change = {"locale": "id", "time_zone": "Asia/Makassar", "display_name": "Rina"}
    changed = await internal.patch("/internal/me", json=change, headers=rina.headers)
    assert changed.json().items() >= change.items()
    for field, value in {"time_zone": "Mars/Base", "locale": "fr", "display_name": " "}.items():
        answer = await internal.patch("/internal/me", json={field: value}, headers=rina.headers)
        assert (problem(answer), answer.json()["field"]) == ((422, "VALIDATION_ERROR"), field)
    view = {"screen": "payments", "name": "Due", "query": "refund_status=due&limit=20"}
    saved = await internal.post("/internal/me/views", json=view, headers=rina.headers)
    assert saved.status_code == 201
    assert (await internal.get("/internal/me", headers=rina.headers)).json()["views"] == [saved.json()]
    for field, value in {"screen": "../x", "query": "a b"}.items():
        answer = await internal.post("/internal/me/views", json=view | {field: value}, headers=rina.headers)
        assert (problem(answer), answer.json()["field"]) == ((422, "VALIDATION_ERROR"), field)
    path = f"/internal/me/views/{saved.json()['id']}"
    assert problem(await internal.delete(path, headers=market.operator().headers)) == (404, "NOT_FOUND")
    assert (await internal.delete(path, headers=rina.headers)).status_code == 204
    assert (await internal.get("/internal/me", headers=rina.headers)).json()["views"] == []


async def test_each_route_is_for_the_permission_that_it_names(internal: httpx.AsyncClient, market: Market) -> None:
    one = uuid4()
    routes: list[tuple[str, str, dict[str, Any] | None, str, str]] = [
        ("GET", ROLES, None, "roles", "read"),
        ("GET", f"{ROLES}/{one}", None, "roles", "read"),
        ("POST", ROLES, {"name": "night_shift", "permissions": {}}, "roles", "create"),
        ("PATCH", f"{ROLES}/{one}", {}, "roles", "update"),
        ("DELETE", f"{ROLES}/{one}", None, "roles", "delete"),
        ("GET", USERS, None, "control_center_users", "read"),
        ("GET", f"{USERS}/{one}", None, "control_center_users", "read"),
        (
            "POST",
            USERS,
            {"email": "a@example.com", "display_name": "A", "role": market.role("{}"), "password": PASSWORD},
            "control_center_users",
            "create",
        ),
        ("PATCH", f"{USERS}/{one}", {}, "control_center_users", "update"),
        ("POST", f"{USERS}/{one}/password", {"password": PASSWORD}, "control_center_users", "update"),
    ]
    everything: dict[str, list[str]] = market.value("SELECT core.all_permissions()")
    headers = {"If-Match": '"1"'}
    for method, path, body, resource, action in routes:
        lacking = everything | {resource: [other for other in everything[resource] if other != action]}
        refused, allowed = (
            market.operator(market.role(permissions))
            for permissions in (json.dumps(lacking), json.dumps({resource: [action]}))
        )
        answer = await internal.request(method, path, json=body, headers=headers | refused.headers)
        assert problem(answer) == (403, "FORBIDDEN"), (method, path)
        assert f"{resource}:{action}" in answer.json()["detail"]
        assert problem(await internal.request(method, path, json=body, headers=headers))[0] == 401, (method, path)
        answer = await internal.request(method, path, json=body, headers=headers | allowed.headers)
        assert answer.status_code in {200, 201, 404}, (method, path, answer.text)
    for person in (market.customer(), market.mitra()):
        for method, path, body, _, _ in [*routes, ("GET", "/internal/me", None, "", "")]:
            answer = await internal.request(method, path, json=body, headers=headers | person.headers)
            assert problem(answer) == (403, "FORBIDDEN"), (method, path)
