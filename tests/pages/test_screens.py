"""What screens do: they send what operations take, and show what operations answer."""

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_a_mitra_is_changed_from_the_version_that_was_read_and_a_stale_form_keeps_what_was_typed(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    path = f"/mitras/{mitra.id}"
    await visit.log_in(market, ayu)
    assert "dialog-change" in (await visit.get(path)).text
    version = market.value("SELECT version FROM core.mitras WHERE id = %s", mitra.id)
    form = {"act": "change", "display_name": "Sari", "phone": "", "max_sessions": "7", "version": version}
    assert (await visit.send(path, **form)).headers["location"] == f"{path}?done=change"
    changed = "SELECT display_name || ' ' || max_sessions FROM core.mitras WHERE id = %s"
    assert market.value(changed, mitra.id) == "Sari 7"
    stale = await visit.send(path, **{**form, "display_name": "Dewi"})
    assert stale.status_code == 412
    assert 'value="Dewi"' in stale.text
    now = {"version": version + 1, "display_name": "Sari", "max_sessions": ""}
    assert (await visit.send(path, **{**form, **now})).status_code == 303
    assert market.value("SELECT max_sessions IS NULL FROM core.mitras WHERE id = %s", mitra.id)


async def test_who_sees_no_phone_changes_the_rest_of_a_mitra(visit: Guest, market: Market) -> None:
    path = f"/mitras/{market.mitra().id}"
    await visit.log_in(market, market.operator(market.role('{"mitra": ["read", "update"]}')))
    page = (await visit.get(path)).text
    assert 'name="display_name"' in page
    assert 'name="phone"' not in page
    done = await visit.send(path, act="change", display_name="Sari", max_sessions="", version="1")
    assert done.status_code == 303
    assert "deactivation_session_policy" in page  # what becomes of running sessions is a rule's


async def test_a_mitra_is_set_offline_with_a_reason_and_its_activity_is_drawn(
    visit: Guest, market: Market, ayu: Person
) -> None:
    mitra = market.mitra()
    await visit.log_in(market, ayu)
    done = await visit.send(f"/mitras/{mitra.id}", act="offline", reason="asleep")
    assert done.status_code == 303
    assert market.value("SELECT NOT is_online FROM core.mitra_online_status WHERE mitra_id = %s", mitra.id)
    why = market.value("SELECT reason FROM core.audit_log WHERE subject = %s ORDER BY id DESC", str(mitra.id))
    assert why == "asleep"
    page = (await visit.get(f"/mitras/{mitra.id}?range=week")).text
    assert 'role="img"' in page
    assert "Online" in page


async def test_messages_are_read_with_a_reason_alone_and_only_by_those_who_may_see_personal_data(
    visit: Guest, market: Market, ayu: Person
) -> None:
    customer, mitra = market.customer(), market.mitra()
    session = market.session(customer, mitra)
    market.value("SELECT api.send_message(%s, 'customer', %s, 'm1', 'a secret')", session, customer.id)
    path = f"/sessions/{session}"
    await visit.log_in(market, ayu)
    assert "a secret" not in (await visit.get(path)).text
    refused = await visit.send(path, act="read", reason="")
    assert refused.status_code == 422
    read = await visit.send(path, act="read", reason="a complaint")
    assert "a secret" in read.text
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'session.read_along'") == "a complaint"
    await visit.log_in(market, market.operator(market.role('{"sessions": ["read"]}')))
    page = (await visit.get(path)).text
    assert "dialog-read" not in page
    assert "a secret" not in page


async def test_lists_keep_their_filters_in_the_address(visit: Guest, market: Market, ayu: Person) -> None:
    mitra, other = market.mitra(), market.mitra()
    mine, theirs = market.session(market.customer(), mitra), market.session(market.customer(), other)
    await visit.log_in(market, ayu)
    page = (await visit.get(f"/sessions?mitra_id={mitra.id}&from=2026-01-01T00:00")).text
    assert str(mine) in page
    assert f"/internal/chat-sessions?mitra_id={mitra.id}&amp;" in page  # the same as CSV
    assert str(theirs) not in page
    assert (await visit.get("/sessions?status=nonsense")).status_code == 422
    offline = (await visit.get("/mitras?state=offline")).text
    assert str(mitra.id) not in offline
