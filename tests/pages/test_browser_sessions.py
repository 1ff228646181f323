"""Sessions of browsers: the cookie, the ends, forms of other sites, and what an operator may no longer see."""

import asyncio
from ipaddress import ip_network

import httpx
import pytest

from app.pages.screen import own_path
from app.serving.apps import create_internal_app
from app.settings import InternalSettings
from tests.pages.visits import Guest
from tests.support.http_apps import problem, serving
from tests.support.market import PASSWORD, Market, Person
from tests.support.waiting import PATIENCE_SECONDS


async def test_a_login_gives_a_cookie_of_which_the_database_keeps_a_hash(
    visit: Guest, market: Market, ayu: Person
) -> None:
    before = (await visit.get("/login")).headers["set-cookie"]
    answer = await visit.log_in(market, ayu)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("halo=")
    assert cookie.split("; ", 1)[1] == "HttpOnly; Path=/; SameSite=Strict"
    assert cookie != before  # a cookie that was planted before the login is worth nothing after it
    secret = cookie.partition(";")[0].removeprefix("halo=")
    kept = "SELECT kind FROM core.auth_sessions WHERE token_hash = sha256(%s)"
    assert market.value(kept, secret.encode()) == "web"
    assert (await visit.get("/")).status_code == 200
    assert market.value("SELECT count(*) FROM core.audit_log WHERE action = 'login'") == 1


async def test_the_cookie_is_no_refresh_token(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    secret = visit.client.cookies["halo"]
    assert problem(await visit.client.post("/internal/auth/refresh", json={"refresh_token": secret})) == (
        401,
        "UNAUTHENTICATED",
    )


async def test_without_a_session_a_page_leads_to_the_login_and_back(visit: Guest, market: Market, ayu: Person) -> None:
    asked = await visit.get("/sessions?status=active")
    assert (asked.status_code, asked.headers["location"]) == (303, "/login?back=%2Fsessions%3Fstatus%3Dactive")
    answer = await visit.log_in(market, ayu, back="%2Fsessions%3Fstatus%3Dactive")
    assert answer.headers["location"] == "/sessions?status=active"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\n/evil",
        "",
        "/login?back=/",
    ],
)
def test_after_a_login_nobody_is_led_elsewhere(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"


async def test_a_wrong_password_is_told_in_a_sentence_and_slowed_down(
    visit: Guest, market: Market, ayu: Person
) -> None:
    for _ in range(5):
        answer = await visit.log_in(market, ayu, password="a guess")
        assert answer.status_code == 401
        assert "E-mail or password is wrong." in answer.text
        assert "a guess" not in answer.text
    assert (await visit.log_in(market, ayu)).status_code == 429


@pytest.mark.parametrize(
    ("headers", "fields"),
    [
        ({"Origin": "https://evil.example"}, {}),
        ({"Origin": "null"}, {}),
        ({"Origin": ""}, {}),
        ({"Sec-Fetch-Site": "same-site"}, {}),
        ({"Sec-Fetch-Site": "cross-site"}, {}),
        ({"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}, {}),
        ({}, {"csrf": ""}),
        ({}, {"csrf": "0" * 64}),
    ],
)
async def test_a_form_that_no_page_of_ours_sent_does_nothing(
    visit: Guest, market: Market, ayu: Person, headers: dict[str, str], fields: dict[str, str]
) -> None:
    await visit.log_in(market, ayu)
    form = {"act": "create", "display_name": "Sari", "phone": "+6281234567890", **fields}
    refused = await visit.send("/mitras", headers=headers, **form)
    assert refused.status_code == 403
    assert market.value("SELECT count(*) FROM core.mitras") == 0


async def test_a_proxy_of_ours_says_which_host_and_scheme_were_asked(
    internal_settings: InternalSettings, market: Market, ayu: Person
) -> None:
    settings = internal_settings.model_copy(update={"app_env": "production"})
    headers = {"X-Forwarded-Host": "cc.example", "X-Forwarded-Proto": "https"}
    async with serving(create_internal_app(settings)) as client:
        refused = await Guest(client).log_in(market, ayu)
        assert refused.status_code == 403
        assert "Nobody logs in over plain http" in refused.text
        assert (await Guest(client).send("/login", headers=headers, csrf="0" * 64)).status_code == 403
    trusting = settings.model_copy(update={"trusted_proxies": [ip_network("127.0.0.0/8")]})
    async with serving(create_internal_app(trusting)) as client:
        client.headers.update(headers)
        visit = Guest(client)
        page = await visit.get("/login")
        cookie = page.headers["set-cookie"]
        assert cookie.startswith("__Host-halo=")
        assert "; Secure" in cookie
        client.headers["Cookie"] = cookie.partition(";")[0]  # httpx keeps no Secure cookie on http
        email = market.email(ayu)
        origin = {"Origin": "https://cc.example"}
        answer = await visit.send("/login", headers=origin, act="login", email=email, password=PASSWORD)
        assert answer.status_code == 303


async def test_a_session_ends_after_half_an_hour_without_use_and_after_twelve_hours(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    idle = "UPDATE core.auth_sessions SET used_at = clock_timestamp() - %s::interval WHERE kind = 'web' RETURNING id"
    market.value(idle, "29 minutes 50 seconds")
    assert (await visit.client.get("/internal/dashboard")).status_code == 200  # no use: a program or a stream asks
    assert market.value(
        "SELECT used_at < clock_timestamp() - interval '29 minutes' FROM core.auth_sessions WHERE kind = 'web'"
    )
    assert (await visit.get("/")).status_code == 200
    used = "SELECT used_at FROM core.auth_sessions WHERE kind = 'web'"
    stamped = market.value(used)
    assert (await visit.get("/mitras")).status_code == 200
    assert market.value(used) == stamped  # a use is noted once a minute
    market.value(idle, "30 minutes")
    assert (await visit.get("/")).status_code == 303
    await visit.log_in(market, ayu)
    assert market.value(
        "SELECT expires_at - created_at BETWEEN interval '11:59:59' AND interval '12:00:01' FROM core.auth_sessions"
        " WHERE kind = 'web' ORDER BY created_at DESC LIMIT 1"
    )
    market.value("UPDATE core.auth_sessions SET expires_at = clock_timestamp() WHERE kind = 'web' RETURNING id")
    assert (await visit.get("/")).status_code == 303


async def test_who_is_switched_off_or_loses_a_permission_sees_nothing_more_at_the_next_request(
    visit: Guest, market: Market
) -> None:
    role = market.role('{"mitra": ["read"], "sessions": ["read"]}')
    rina = market.operator(role)
    await visit.log_in(market, rina)
    seen = (await visit.get("/mitras")).text
    assert "dialog-create" not in seen  # without the permission a control is not shown
    assert 'href="/system"' not in seen
    market.value("""UPDATE core.roles SET permissions = '{"sessions": ["read"]}' WHERE name = %s RETURNING id""", role)
    assert (await visit.get("/mitras")).status_code == 403
    market.value("UPDATE core.control_center_users SET is_active = false WHERE id = %s RETURNING id", rina.id)
    assert (await visit.get("/sessions")).status_code == 303


async def test_the_cookie_reads_the_api_and_changes_nothing_there(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    assert (await visit.client.get("/internal/dashboard")).status_code == 200
    refused = await visit.client.post("/internal/mirror/reseed", headers={"Sec-Fetch-Site": "same-origin"})
    assert problem(refused) == (401, "UNAUTHENTICATED")


async def test_logging_out_ends_the_session(visit: Guest, market: Market, ayu: Person) -> None:
    await visit.log_in(market, ayu)
    cookie = visit.client.cookies["halo"]
    answer = await visit.send("/logout", csrf=await visit.csrf("/"))
    assert answer.headers["location"] == "/login"
    visit.client.cookies.set("halo", cookie)
    assert (await visit.get("/")).status_code == 303


async def test_a_display_sees_the_wallboard_alone_until_it_is_revoked(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    no_display = await visit.send("/wallboard", act="end", reason="by hand")
    assert no_display.headers["location"] == "/login"
    visit.client.cookies.clear()
    await visit.log_in(market, ayu)
    operators = visit.client.cookies["halo"]
    opened = await visit.send("/wallboard", act="display", name="Hall")
    assert opened.headers["location"] == "/wallboard?done=display"
    assert "Max-Age=25" in opened.headers["set-cookie"]
    assert (await visit.get("/wallboard")).status_code == 200
    assert (await visit.get("/")).headers["location"] == "/wallboard"
    assert (await visit.get("/mitras")).headers["location"] == "/wallboard"
    assert (await visit.client.get("/internal/dashboard")).status_code == 200
    assert problem(await visit.client.get("/internal/mitras")) == (403, "FORBIDDEN")
    assert '<dialog id="dialog-end"' in (await visit.get("/wallboard")).text
    ended = await visit.send("/logout", csrf=await visit.csrf("/wallboard"), act="end", reason="the hall is closed")
    assert ended.headers["location"] == "/login"
    assert market.value("SELECT reason FROM core.audit_log WHERE action = 'display.revoke'") == "the hall is closed"
    assert market.value("SELECT count(*) FROM core.auth_sessions WHERE kind = 'display' AND revoked_at IS NULL") == 0
    visit.client.cookies.clear()
    visit.client.cookies.set("halo", operators)
    assert (await visit.get("/")).status_code == 303  # the operator was logged out at this screen
    visit.client.cookies.clear()
    await visit.log_in(market, ayu)
    opened = await visit.send("/wallboard", act="display", name="Shop")
    [display] = (await visit.client.get("/internal/displays", headers=ayu.headers)).json()["items"]
    assert display["name"] == "Shop"
    revoked = await visit.client.delete(f"/internal/displays/{display['id']}", headers=ayu.headers)
    assert revoked.status_code == 204
    visit.client.cookies.clear()
    visit.client.cookies.set("halo", opened.headers["set-cookie"].partition(";")[0].removeprefix("halo="))
    assert (await visit.get("/wallboard")).status_code == 303


async def test_a_display_shows_nothing_once_its_user_may_not_see_the_figures(visit: Guest, market: Market) -> None:
    role = market.role('{"dashboard": ["read"], "control_center_users": ["update"]}')
    await visit.log_in(market, market.operator(role))
    await visit.send("/wallboard", act="display", name="Hall")
    assert 'data-figure="active_chats"' in (await visit.get("/wallboard")).text
    async with visit.client.stream("GET", "/wallboard/stream") as stream:
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith("id: ")
        market.value("UPDATE core.roles SET permissions = permissions - 'dashboard' WHERE name = %s RETURNING id", role)
        page = await visit.get("/wallboard")
        assert (page.status_code, page.headers["location"]) == (303, "/login?back=%2Fwallboard")
        for path in ("/wallboard/stream", "/live/stream"):
            assert (await visit.get(path)).status_code == 401, path
        for path in ("/internal/dashboard", "/internal/dashboard/stream"):
            assert problem(await visit.get(path)) == (401, "UNAUTHENTICATED"), path
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert len([line async for line in lines if line.startswith("id:")]) <= 1


async def test_a_stream_ends_when_its_permission_is_taken_away(visit: Guest, market: Market) -> None:
    role = market.role('{"dashboard": ["read"]}')
    await visit.log_in(market, market.operator(role))
    async with visit.client.stream("GET", "/live/stream") as stream:
        lines = stream.aiter_lines()
        assert (await anext(lines)).startswith("id: ")
        market.value("UPDATE core.roles SET permissions = '{}' WHERE name = %s RETURNING id", role)
        async with asyncio.timeout(PATIENCE_SECONDS):
            assert len([line async for line in lines if line.startswith("id:")]) <= 1
    assert (await visit.get("/live/stream")).status_code == 403
    visit.client.cookies.clear()
    assert (await visit.get("/live/stream")).status_code == 401


async def test_pages_carry_a_policy_with_a_fresh_nonce_and_no_inline_script_or_style(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    nonces = set()
    for path in ("/", "/mitras", "/sessions", "/pairings", "/system", "/wallboard", "/licences"):
        page: httpx.Response = await visit.get(path)
        assert page.status_code == 200, path
        policy = page.headers["content-security-policy"]
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert policy == (
            f"default-src 'none'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data:;"
            " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none';"
            " require-trusted-types-for 'script'; trusted-types htmx"
        )
        nonces.add(nonce)
        for inline in ("<style", " style=", " onclick=", "hx-on", "js:", "<script>", " defer"):
            assert inline not in page.text, (path, inline)
    assert len(nonces) == 7


async def test_an_address_that_leads_nowhere_says_so_to_people_on_a_page_and_to_programs_as_a_problem(
    visit: Guest,
) -> None:
    page = await visit.get("/nothing", Accept="text/html,*/*")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    for path in ("/nothing", "/internal/nothing", "/docs/nothing"):
        assert problem(await visit.get(path)) == (404, "NOT_FOUND"), path
    assert problem(await visit.get("/internal/nothing", Accept="text/html")) == (404, "NOT_FOUND")


async def test_an_operator_chooses_language_and_time_zone_and_keeps_filters_under_a_name(
    visit: Guest, market: Market, ayu: Person
) -> None:
    await visit.log_in(market, ayu)
    changed = await visit.send("/me", act="profile", display_name="Ayu", locale="id", time_zone="Asia/Makassar")
    assert changed.headers["location"] == "/me?done=profile"
    page = (await visit.get("/sessions?status=active")).text
    assert '<html lang="id" data-zone="Asia/Makassar">' in page
    profile = (await visit.get("/me")).text
    assert "<dt>pelanggan</dt>" in profile
    assert profile.count('value="Asia/Makassar"') == 1
    saved = await visit.send("/me", act="save", screen="sessions", query="status=active", name="Berjalan")
    assert saved.headers["location"] == "/sessions?status=active&done=save"
    assert '<a class="badge" href="/sessions?status=active">Berjalan</a>' in (await visit.get("/sessions")).text
    wrong = await visit.send("/me", act="password", old_password="a guess", password="correct horse battery")
    assert wrong.status_code == 422
    assert "a guess" not in wrong.text
