"""The OpenAPI document and the page made from it: as true as the routes, because made from them."""

import inspect
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import httpx
import jsonschema_rs
import psycopg
import pytest

from app.http.openapi import document, documented_path
from app.http.operation import JSON, Operation
from app.http.resource import Resource, Routes
from app.http.vocabulary import WORDS
from app.pages import SCREENS
from app.problems import CODES
from app.resources import internal, public
from app.serving.apps import create_internal_app, create_public_app
from app.settings import ApiSettings, InternalSettings
from tests.support.market import Market

ALL_ROUTES: Routes = {**public.ROUTES, **internal.ROUTES}
# Documents for people and programs about the API rather than parts of it.
UNDOCUMENTED = {"/", "/openapi.json", "/asyncapi.json", "/metrics", "/ws"}


def operations() -> Iterator[tuple[str, str, type[Resource], Operation]]:
    for template, resource in ALL_ROUTES.items():
        for method, operation in resource.operations().items():
            yield template, method, resource, operation


def served(app: Any) -> set[str]:
    """Every template the router answers."""
    found: set[str] = set()

    def walk(nodes: list[Any]) -> None:
        for node in nodes:
            if node.resource is not None:
                found.add(node.uri_template)
            walk(node.children)

    walk(app._router._roots)
    return found


async def test_every_route_is_documented_and_every_documented_route_is_served(
    api_settings: ApiSettings, internal_settings: InternalSettings
) -> None:
    for app, routes in (
        (create_public_app(api_settings), public.ROUTES),
        (create_internal_app(internal_settings), internal.ROUTES),
    ):
        lifespan: Any = app._unprepared_middleware[-1]
        await lifespan.process_startup({"state": {}}, {})
        try:
            about = {path for path in served(app) if path in UNDOCUMENTED or path.startswith(("/docs", "/demo"))}
            screens = {path for path in served(app) if path in SCREENS or path.startswith("/assets/")} - about
            assert set(SCREENS) - about <= screens if routes is internal.ROUTES else not screens
            assert served(app) - about - screens == set(routes)
        finally:
            await lifespan.process_shutdown({}, {})


@pytest.mark.parametrize("routes", [public.ROUTES, internal.ROUTES], ids=["public", "internal"])
def test_the_document_is_valid_openapi_3_1_with_valid_schemas(routes: Routes) -> None:
    described = document("Test", routes)
    assert described["openapi"] == "3.1.0"
    ids = [operation["operationId"] for path in described["paths"].values() for operation in path.values()]
    assert len(ids) == len(set(ids))
    for name, schema in described["components"]["schemas"].items():
        jsonschema_rs.meta.validate(schema | {"$schema": "https://json-schema.org/draft/2020-12/schema"})
        assert schema.get("description"), f"{name} says nothing about itself"
    text = repr(described)
    for reference in set(re.findall(r"#/components/schemas/(\w+)", text)):
        assert reference in described["components"]["schemas"]


def test_an_operation_says_what_it_does_and_what_it_answers() -> None:
    for template, method, resource, operation in operations():
        assert operation.summary, template
        assert method.upper() in (resource.__doc__ or ""), template
        described = document("Test", {template: resource})["paths"][documented_path(template)][method]
        assert str(operation.status) in described["responses"]
        for code in operation.codes:
            assert code in described["responses"][str(CODES[code].status)]["description"]
        for status in {"429", "503"} & described["responses"].keys():
            assert "Retry-After" in described["responses"][status]["headers"]


def test_an_operation_documents_every_code_its_function_raises(conn: psycopg.Connection) -> None:
    comments: dict[str, str] = dict(
        conn.execute(
            "SELECT proname, obj_description(oid, 'pg_proc') FROM pg_proc WHERE pronamespace = 'api'::regnamespace"
        ).fetchall()
    )
    looked_at = 0
    for template, method, resource, operation in operations():
        source = inspect.getsource(inspect.unwrap(getattr(resource, f"on_{method}")))
        for function in re.findall(r"call\.sql\(\s*\w+\.(\w+)", source):
            raised = set(re.findall(r"\b([A-Z][A-Z_]+) \d{3}\b", comments[function]))
            assert raised <= set(operation.codes), f"{method} {template} calls {function}"
            looked_at += 1
    assert looked_at > 20


@pytest.mark.parametrize("app", ["api", "internal"])
async def test_the_pages_need_nothing_from_elsewhere_and_no_inline_script_or_style(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, app: str
) -> None:
    client = {"api": api, "internal": internal}[app]
    front = await client.get("/")
    assert (front.status_code, front.headers["location"]) == {"api": (307, "/docs"), "internal": (303, "/login")}[app]
    paths, seen = ["/docs"], set()
    while paths:
        seen.add(path := paths.pop())
        answer = await client.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"] != "text/html; charset=utf-8":
            continue
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "style-src 'self';" in policy
        assert "unsafe" not in policy
        page = Page()
        page.feed(answer.text)
        assert "style" not in page.tags
        assert page.inline == []
        assert [anchor for anchor in page.targets if anchor.startswith("#") and anchor[1:] not in page.ids] == []
        assert [target for target in page.targets if not target.startswith(("#", "/", "data:,"))] == []
        paths += [target for target in page.targets if target.startswith("/") and target not in seen]
    socket = {"/docs/socket", "/asyncapi.json"} if app == "api" else set()
    swagger = {"/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/api.js"}
    assert seen == {"/docs", "/docs/errors", "/docs/style.css", "/openapi.json", *socket, *swagger}


class Page(HTMLParser):
    """What a page loads, leads to and runs."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.ids: set[str] = set()
        self.targets: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.ids |= {attributes["id"]} if "id" in attributes else set()
        self.targets += [attributes[name] for name in ("href", "src") if name in attributes]
        if (tag == "script" and "src" not in attributes) or any(n == "style" or n.startswith("on") for n in attributes):
            self.inline.append(str(attrs))


async def test_every_code_has_its_meaning_on_the_page_that_descriptions_link_to(api: httpx.AsyncClient) -> None:
    page = Page()
    page.feed((await api.get("/docs/errors")).text)
    assert page.ids == set(CODES)
    linked = re.findall(r"/docs/errors#(\w+)", (await api.get("/openapi.json")).text)
    assert set(linked) <= page.ids
    assert "OFFER_TAKEN" in linked


def test_every_field_and_parameter_says_what_it_means() -> None:
    described = document("Test", ALL_ROUTES)
    for shape, schema in described["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            assert field.get("description"), f"{shape}.{name}"
    for path in described["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                assert parameter["description"].endswith("."), parameter["name"]


def test_no_word_is_left_of_a_field_that_is_gone() -> None:
    described = document("Test", ALL_ROUTES)
    shapes = described["components"]["schemas"]
    fields = {(shape, name) for shape, schema in shapes.items() for name in schema.get("properties", {})}
    fields |= {(o.query.__name__, name) for _, _, _, o in operations() for name in o.query.__struct_fields__}
    names = {name for _, name in fields} | {
        parameter["name"]
        for path in described["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
    }
    assert {w for w in WORDS if tuple(w.split(".")) not in fields and w not in names} == set()


def test_every_operation_has_an_example_that_its_own_schema_allows_and_a_command_for_a_shell() -> None:
    described = document("Test", ALL_ROUTES)
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            assert f"$API{path.partition('{')[0]}" in operation["description"], path
            assert ("-X" in operation["description"]) == (
                method in ("put", "patch", "delete") or (method == "post" and "requestBody" not in operation)
            )
            said = [operation.get("requestBody", {}), *operation["responses"].values()]
            for content in (place["content"][JSON] for place in said if JSON in place.get("content", {})):
                schema = {**content["schema"], "components": described["components"]}
                jsonschema_rs.validator_for(schema).validate(content["example"])


async def test_replies_hold_every_field_the_database_gives(
    api: httpx.AsyncClient, internal: httpx.AsyncClient, market: Market
) -> None:
    customer, mitra, operator = market.customer(), market.mitra(), market.operator()
    market.package()
    session = market.session(customer, mitra)
    market.offer(market.customer(), mitra)
    pairs = [
        (
            api,
            f"/api/chat/{session}/info",
            customer,
            "SELECT api.session_info(%s, 'customer', %s)",
            [session, customer.id],
        ),
        (api, "/api/chat/sessions", customer, "SELECT api.list_sessions('customer', %s)", [customer.id]),
        (api, "/api/mitra/status", mitra, "SELECT api.mitra_status(%s)", [mitra.id]),
        (api, "/api/mitra/stats", mitra, "SELECT api.mitra_stats(%s)", [mitra.id]),
        (api, "/api/mitra/offers", mitra, "SELECT api.mitra_offers(%s)", [mitra.id]),
        (api, "/api/packages", customer, "SELECT api.packages(%s)", [customer.id]),
        (api, "/api/me", customer, "SELECT api.profile('customer', %s)", [customer.id]),
        (api, "/api/me", mitra, "SELECT api.profile('mitra', %s)", [mitra.id]),
        (internal, "/internal/mitras", operator, "SELECT api.list_mitras()", []),
        (internal, "/internal/dashboard", operator, "SELECT api.dashboard()", []),
    ]
    for client, path, person, sql, params in pairs:
        reply = (await client.get(path, headers=person.headers)).json()
        assert names(reply) == names(market.value(sql, *params)), path


def names(value: Any, path: str = "") -> set[str]:
    """The paths of every field in a document."""
    if isinstance(value, dict):
        return {inner for key, part in value.items() for inner in names(part, f"{path}.{key}")} | {path}
    if isinstance(value, list):
        return {inner for part in value for inner in names(part, f"{path}[]")} | {path}
    return {path}


def test_ids_in_paths_are_documented_as_uuids() -> None:
    described = document("Test", ALL_ROUTES)
    parameters = [
        parameter
        for path in described["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "path" and parameter["name"].endswith("id")
    ]
    assert parameters
    assert {parameter["schema"]["format"] for parameter in parameters} == {"uuid"}
