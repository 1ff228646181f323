"""People on the page: users, roles as a matrix, passwords, and what nobody may take away."""

from typing import Any
from uuid import UUID

from tests.pages.visits import Guest
from tests.support.market import PASSWORD, Market, Person


async def test_a_user_is_made_changed_switched_off_and_on(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    role = market.role('{"mitra": ["read"]}')
    form: dict[str, Any] = {"act": "create", "display_name": "Rina", "email": "rina@example.com", "role": role}
    weak = await visit.send("/people", password="12345", **form)
    assert weak.status_code == 422
    assert 'value="rina@example.com"' in weak.text
    assert "12345" not in weak.text
    assert (await visit.send("/people", password=PASSWORD, **form)).status_code == 303
    rina: UUID = market.value("SELECT id FROM core.control_center_users WHERE email = 'rina@example.com'")
    assert f'href="/people/{rina}"' in (await visit.get(f"/people?role={role}")).text
    twin = await visit.send("/people", password=PASSWORD, **(form | {"email": "rinna@example.com"}))
    assert twin.status_code == 303
    twin_id = market.value("SELECT id FROM core.control_center_users WHERE email = 'rinna@example.com'")
    assert 'id="dialog-delete"' in (await visit.get(f"/people/{twin_id}")).text
    gone = await visit.send(f"/people/{twin_id}", act="delete", version="1", reason="mistyped")
    assert gone.headers["location"] == "/people?done=delete"
    changed = await visit.send(
        f"/people/{rina}", act="change", version="1", display_name="Rina S", role=role, reason="married"
    )
    assert changed.status_code == 303
    off = await visit.send(f"/people/{rina}", act="switch_off", version="2", is_active="false", reason="has left")
    assert off.status_code == 303
    assert "switched off" in (await visit.get(f"/people/{rina}")).text
    on = await visit.send(f"/people/{rina}", act="switch_on", version="3", is_active="true")
    assert on.status_code == 303
    new = await visit.send(f"/people/{rina}", act="password", password="another good horse", reason="forgotten")
    assert new.status_code == 303
    await visit.log_out()
    answer = await visit.send("/login", act="login", email="rina@example.com", password="another good horse")
    assert answer.status_code == 303


async def test_the_last_admin_and_ones_own_rights_stay(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    role = market.role('{"mitra": ["read"]}')
    page = (await visit.get(f"/people/{ayu.id}")).text
    assert "This is you." in page
    assert "dialog-switch_off" not in page
    refused = await visit.send(f"/people/{ayu.id}", act="change", version="1", role=role)
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    admin = market.value("SELECT id FROM core.roles WHERE name = 'super_admin'")
    fixed = (await visit.get(f"/people/roles/{admin}")).text
    assert "nobody changes it" in fixed
    assert "<dialog" not in fixed


async def test_a_role_is_made_of_ticks_and_acts_at_the_next_request(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    form: dict[str, Any] = {"act": "create", "name": "night_shift", "permission": ["mitra:read", "sessions:read"]}
    assert (await visit.send("/people/roles", **form)).status_code == 303
    role = market.value("SELECT id FROM core.roles WHERE name = 'night_shift'")
    kept = "SELECT permissions FROM core.roles WHERE id = %s"
    assert market.value(kept, role) == {"mitra": ["read"], "sessions": ["read"]}
    page = (await visit.get(f"/people/roles/{role}")).text
    assert 'value="mitra:read" aria-label="mitras: see" checked' in page
    assert 'value="mitra:delete" aria-label="mitras: delete">' in page
    form = {"act": "change", "version": "9", "name": "night_shift", "permission": ["config:read"]}
    stale = await visit.send(f"/people/roles/{role}", **form)
    assert stale.status_code == 412
    assert 'value="config:read" aria-label="rules: see" checked' in stale.text
    assert (await visit.send(f"/people/roles/{role}", **(form | {"version": "1"}))).status_code == 303
    assert market.value(kept, role) == {"config": ["read"]}
    gone = await visit.send(f"/people/roles/{role}", act="delete", version="2", reason="no night shift any more")
    assert gone.headers["location"] == "/people/roles?done=delete"
    assert market.value("SELECT count(*) FROM core.roles WHERE id = %s", role) == 0


async def test_who_may_only_look_sees_no_control(visit: Guest, market: Market, ayu: Person) -> None:
    role = market.role('{"control_center_users": ["read"]}')
    await visit.log_in(market, market.operator(role))
    for path in ("/people", f"/people/{ayu.id}"):
        page = await visit.get(path)
        assert page.status_code == 200
        assert "<dialog" not in page.text
        assert "/people/roles" not in page.text
    assert (await visit.get("/people/roles")).status_code == 403
