"""Texts of pushes on the page: both languages, a preview that changes nothing, and what is refused."""

from typing import Any

from tests.pages.visits import Guest
from tests.support.market import Market, Person

KEPT = "SELECT title FROM core.message_templates WHERE name = 'message' AND locale = %s"


async def test_a_preview_keeps_what_was_typed_and_changes_nothing(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    assert "Ada pesan dari {peer}" in (await visit.get("/texts")).text
    assert "Ada pesan dari Dewi" in (await visit.get("/texts/message")).text
    form: dict[str, Any] = {"locale": "id", "version": "1", "title": "Halo", "body": "{peer} menulis"}
    shown = await visit.send("/texts/message", act="try_id", **form)
    assert shown.status_code == 200
    assert "Dewi menulis" in shown.text
    assert 'value="Halo"' in shown.text
    assert "You have a message from Dewi" in shown.text  # the other language is as it was
    assert market.value(KEPT, "id") == "Pesan Baru"
    saved = await visit.send("/texts/message", act="save_id", reason="friendlier", **form)
    assert (saved.status_code, market.value(KEPT, "id"), market.value(KEPT, "en")) == (303, "Halo", "New Message")
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'text.update'") == "friendlier"


async def test_a_text_that_names_what_there_is_not_is_refused_where_it_was_typed(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    form: dict[str, Any] = {"locale": "en", "version": "1", "title": "Hello", "body": "{nobody} wrote"}
    for act in ("try_en", "save_en"):
        refused = await visit.send("/texts/message", act=act, **form)
        assert refused.status_code == 422
        assert "{nobody} wrote</textarea>" in refused.text
        assert 'role="alert"' in refused.text
    assert market.value(KEPT, "en") == "New Message"


async def test_who_may_only_look_sees_no_form(visit: Guest, market: Market) -> None:
    await visit.log_in(market, market.operator(market.role('{"texts": ["read"]}')))
    assert 'name="body"' not in (await visit.get("/texts/message")).text
    assert (await visit.get("/texts/none")).status_code == 404
