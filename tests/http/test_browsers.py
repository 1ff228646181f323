"""HEAD, other origins, pages of other sites, cookies."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
import structlog

from app.http.router import Router
from app.resources import internal, public
from app.serving.apps import create_public_app
from app.settings import ApiSettings
from tests.support.http_apps import problem, serving
from tests.support.market import Market
from tests.support.waiting import PATIENCE_SECONDS

OURS = "https://app.halobestie.example"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,content-type"}


async def test_head_answers_as_get_without_the_body(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    customer, operator = market.customer(), market.operator()
    for client, path, headers in (
        (api, "/healthz", {}),
        (api, "/readyz", {}),
        (api, "/api/packages", {}),
        (api, "/api/me", customer.headers),
        (api, "/openapi.json", {}),
        (api, "/asyncapi.json", {}),
        (api, "/docs", {}),
        (internal, "/metrics", {}),
        (internal, "/internal/dashboard", operator.headers),
        (api, "/api/me", {}),
        (api, "/api/nothing", {}),
    ):
        get, head = await client.get(path, headers=headers), await client.head(path, headers=headers)
        assert (head.status_code, head.content) == (get.status_code, b""), path
        assert head.headers["content-type"] == get.headers["content-type"], path
        if path not in ("/metrics", "/internal/dashboard"):  # their figures move
            assert head.headers["content-length"] == get.headers["content-length"], path
    assert (await api.head("/ws")).status_code == (await api.get("/ws")).status_code == 405


def test_every_route_that_answers_get_answers_head_unless_it_streams() -> None:
    class Stream:
        is_stream = True

        async def on_get(self, req: object, resp: object) -> None: ...

    routes = [resource(None) for resource in {**public.ROUTES, **internal.ROUTES}.values()]  # type: ignore[arg-type]
    for resource in (*routes, Stream()):
        found = Router().map_http_methods(resource)
        assert ("HEAD" in found) is ("GET" in found and not getattr(resource, "is_stream", False)), resource


async def test_options_of_the_server_itself_is_answered(api: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(api.base_url.host, api.base_url.port)
    writer.write(b"OPTIONS * HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n")
    assert (await asyncio.wait_for(reader.read(), PATIENCE_SECONDS)).startswith(b"HTTP/1.1 204 ")
    writer.close()


@pytest.fixture
async def of_ours(api_settings: ApiSettings) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(create_public_app(api_settings.model_copy(update={"cors_origins": [OURS]}))) as client:
        yield client


async def test_pages_of_the_origins_named_may_read_answers_and_no_others(of_ours: httpx.AsyncClient) -> None:
    for path in ("/api/packages", "/api/nothing", "/api/me"):
        ours = await of_ours.get(path, headers={"Origin": OURS})
        assert ours.headers["access-control-allow-origin"] == OURS
        exposed = set(ours.headers["access-control-expose-headers"].split(", "))
        assert exposed == {"ETag", "Retry-After", "X-Request-ID"}
        for origin in ("https://other.example", OURS + ".evil.example", "null", OURS.upper()):
            other = await of_ours.get(path, headers={"Origin": origin})
            assert "access-control-allow-origin" not in other.headers, origin
            assert "Origin" in other.headers["vary"]
        assert "access-control-allow-credentials" not in ours.headers
        assert "Origin" in ours.headers["vary"]


async def test_a_preflight_says_which_methods_and_headers_may_be_sent(of_ours: httpx.AsyncClient) -> None:
    ours = await of_ours.options("/api/payment-requests", headers={"Origin": OURS, **PREFLIGHT})
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == OURS
    assert "POST" in ours.headers["access-control-allow-methods"]
    assert ours.headers["access-control-allow-headers"] == "authorization,content-type"
    other = await of_ours.options("/api/payment-requests", headers={"Origin": "https://other.example", **PREFLIGHT})
    assert not [name for name in other.headers if name.startswith("access-control")]


async def test_in_development_every_origin_may_read_and_in_production_none(
    api_settings: ApiSettings, internal: httpx.AsyncClient
) -> None:
    assert api_settings.cors_origins == ["*"]
    async with serving(create_public_app(api_settings)) as client:
        answer = await client.get("/api/packages", headers={"Origin": OURS})
    assert answer.headers["access-control-allow-origin"] == "*"
    async with serving(create_public_app(api_settings.model_copy(update={"cors_origins": []}))) as client:
        answer = await client.get("/api/packages", headers={"Origin": OURS})
    assert not [name for name in answer.headers if name.startswith("access-control")]
    for answer in (
        await internal.get("/healthz", headers={"Origin": OURS}),
        await internal.options("/internal/mitras", headers={"Origin": OURS, **PREFLIGHT}),
    ):
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_a_page_of_another_site_can_have_nothing_done_in_the_control_centre(
    internal: httpx.AsyncClient, market: Market
) -> None:
    headers = market.operator().headers
    path, body = "/internal/mitras", {"display_name": "Dewi", "phone": "0812 3333 4444"}
    for site in ("cross-site", "same-site", "none", ""):
        refused = await internal.post(path, json=body, headers=headers | {"Sec-Fetch-Site": site})
        assert problem(refused) == (403, "FORBIDDEN"), site
        read = await internal.get(path, headers=headers | {"Sec-Fetch-Site": site})
        assert read.status_code == 200, site
    assert market.value("SELECT count(*) FROM core.mitras") == 0
    same = await internal.post(path, json=body, headers=headers | {"Sec-Fetch-Site": "same-origin"})
    assert same.status_code == 201


async def test_cookies_are_neither_read_nor_logged(api: httpx.AsyncClient, market: Market) -> None:
    token = market.customer().headers["Authorization"].removeprefix("Bearer ")
    cookies = {"Cookie": f"halo={token}; access_token={token}; planted=find-me"}
    with structlog.testing.capture_logs() as logged:
        answer = await api.get("/api/me", headers=cookies)
    assert problem(answer) == (401, "UNAUTHENTICATED")
    assert "set-cookie" not in answer.headers
    assert "find-me" not in repr(logged)
