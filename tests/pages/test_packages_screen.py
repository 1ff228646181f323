"""Packages on the page: made, replaced, switched off, and what a stale form says."""

from typing import Any

from tests.pages.visits import Guest
from tests.support.market import Market, Person


async def test_a_package_is_made_and_a_wrong_price_stays_in_the_form(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    assert "There is no package here." in (await visit.get("/packages")).text
    form: dict[str, Any] = {"act": "create", "name": "Ngobrol", "duration_minutes": "15", "price": "murah"}
    refused = await visit.send("/packages", **form)
    assert refused.status_code == 422
    assert 'value="murah"' in refused.text
    assert 'aria-invalid="true"' in refused.text
    made = await visit.send("/packages", **(form | {"price": "17.500", "first_session_price": ""}))
    assert (made.status_code, made.headers["location"]) == (303, "/packages?done=create")
    page = (await visit.get("/packages?done=create")).text
    assert "The package is on sale." in page
    assert "Rp 17,500" in page
    assert market.value("SELECT price FROM core.price_packages") == 17500


async def test_filters_are_in_the_address(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    market.package(minutes=15)
    market.package(minutes=45, is_extension=True)
    page = (await visit.get("/packages?is_extension=true")).text
    listed = page.partition('<table class="list">')[2]
    assert ">45<" in listed
    assert ">15<" not in listed
    assert '<option value="true" selected>more time</option>' in page


async def test_a_price_changes_by_a_new_version_and_its_line_is_shown(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    old = market.package(price=15_000)
    form: dict[str, Any] = {
        "act": "version",
        "version": "1",
        "name": "Half an hour",
        "duration_minutes": "30",
        "price": "17000",
    }
    answer = await visit.send(f"/packages/{old}", reason="The rent went up.", **form)
    new = market.value("SELECT id FROM core.price_packages WHERE replaces = %s", old)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/packages/{new}?done=version")
    page = (await visit.get(f"/packages/{new}?done=version")).text
    assert "This version is on sale now" in page
    assert f'href="/packages/{old}"' in page
    replaced = (await visit.get(f"/packages/{old}")).text
    assert "A newer version replaced this one." in replaced
    assert "dialog-version" not in replaced
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'package.replace'") == "The rent went up."


async def test_a_stale_form_keeps_what_was_typed_and_says_what_is_there_now(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    package = market.package(price=15_000)
    market.value("UPDATE core.price_packages SET price = 16000 WHERE id = %s RETURNING id", package)
    form: dict[str, Any] = {
        "act": "version",
        "version": "1",
        "name": "Half an hour",
        "duration_minutes": "30",
        "price": "17000",
    }
    refused = await visit.send(f"/packages/{package}", **form)
    assert refused.status_code == 412
    assert 'value="17000"' in refused.text
    assert "Now it is: 16000" in refused.text
    assert 'name="version" value="2"' in refused.text  # sent again, the form means what is there now


async def test_a_package_goes_off_sale_and_back(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    package = market.package()
    on_sale = "SELECT is_active FROM core.price_packages WHERE id = %s"
    off = await visit.send(f"/packages/{package}", act="deactivate", version="1", reason="for the holidays")
    assert (off.status_code, market.value(on_sale, package)) == (303, False)
    assert "Nothing is on sale." in (await visit.get("/packages")).text
    on = await visit.send(f"/packages/{package}", act="activate", version="2")
    assert (on.status_code, market.value(on_sale, package)) == (303, True)


async def test_who_may_only_look_sees_no_control(visit: Guest, market: Market) -> None:
    package = market.package()
    await visit.log_in(market, market.operator(market.role('{"packages": ["read"]}')))
    for path in ("/packages", f"/packages/{package}"):
        page = await visit.get(path)
        assert page.status_code == 200
        assert "<dialog" not in page.text


async def test_a_version_says_who_made_it_and_why(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    package = market.package()
    form: dict[str, Any] = {
        "act": "version",
        "version": "1",
        "name": "Half an hour",
        "duration_minutes": "30",
        "price": "16000",
    }
    made = await visit.send(f"/packages/{package}", **form, reason="others charge less")
    page = (await visit.get(made.headers["location"])).text
    assert market.email(ayu) in page
    assert "others charge less" in page
