"""`/docs`: an app's documentation for people, from local files alone.

Swagger UI shows the OpenAPI document; the pages of the socket's frames and of the error codes are made here. The
Content-Security-Policy of all pages forbids inline scripts and styles. Swagger UI is installed from npm
(`app/http/assets/package-lock.json`); an app without it says so on its page, and serves everything else.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import falcon
import jinja2
import msgspec
from falcon.asgi import Request, Response

from app.problems import CODES

App = falcon.asgi.App[Request, Response]
Document = dict[str, Any]

HTML = "text/html; charset=utf-8"
JSON = "application/json"
KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
_MAX_AGE = "public, max-age=300"
_PAGES = files("app.http") / "pages"
_SWAGGER = files("app.http") / "assets" / "node_modules" / "swagger-ui-dist"
_SWAGGER_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


class FixedDocument:
    """GET a document that never changes while the process lives; `make` makes it when somebody first asks for it."""

    def __init__(self, make: Callable[[], bytes], kind: str, policy: str = CONTENT_SECURITY_POLICY) -> None:
        self._body = cache(make)
        self._kind = kind
        self._policy = policy

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give the document."""
        resp.data = self._body()
        resp.content_type = self._kind
        resp.set_header("Cache-Control", _MAX_AGE)
        if self._kind == HTML:
            resp.set_header("Content-Security-Policy", self._policy)


class FrontPage:
    """GET /."""

    async def on_get(self, _req: Request, _resp: Response) -> None:
        """Redirect to the documentation."""
        raise falcon.HTTPTemporaryRedirect("/docs")


def add_routes(
    app: App,
    title: str,
    openapi: Callable[[], Document],
    asyncapi: Callable[[], Document] | None = None,
    *,
    has_front_page: bool = True,
) -> None:
    """Serve an app's documents, for programs and for people; `asyncapi` describes its socket, if it has one.

    `has_front_page`: `/` leads to `/docs`.
    """
    if has_front_page:
        app.add_route("/", FrontPage())
    app.add_route("/openapi.json", FixedDocument(lambda: msgspec.json.encode(openapi()), JSON))
    names = {"/docs": "API", "/docs/errors": "Errors"}
    if asyncapi is not None:
        app.add_route("/asyncapi.json", FixedDocument(lambda: msgspec.json.encode(asyncapi()), JSON))
        names["/docs/socket"] = "Socket"
    assets = _swagger()
    page = _Renderer(title, names)
    app.add_route("/docs", page("/docs", "api.html", lambda: {"has_assets": bool(assets)}))
    app.add_route("/docs/errors", page("/docs/errors", "errors.html", lambda: {"codes": CODES}))
    if asyncapi is not None:
        app.add_route("/docs/socket", page("/docs/socket", "socket.html", lambda: {"document": asyncapi()}))
    own_files = {"style.css": _PAGES / "docs.css", "api.js": _PAGES / "api.js"}
    for name, file in {**own_files, **assets}.items():
        app.add_route(f"/docs/{name}", FixedDocument(file.read_bytes, KINDS[name.rsplit(".", 1)[1]]))


def templates() -> jinja2.Environment:
    """The templates of pages."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(str(_PAGES)),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )


class _Renderer:
    """Makes an app's pages, which all show its title and link to each other."""

    def __init__(self, title: str, pages: Mapping[str, str]) -> None:
        self._shared = {"title": title, "pages": pages}

    def __call__(self, here: str, template: str, content: Callable[[], Mapping[str, Any]]) -> FixedDocument:
        def make() -> bytes:
            return templates().get_template(template).render(here=here, **self._shared, **content()).encode()

        return FixedDocument(make, HTML)


def _swagger() -> dict[str, Traversable]:
    """Swagger UI's files by name; empty where Swagger UI is not installed."""
    files_by_name = {name: _SWAGGER / name for name in _SWAGGER_FILES}
    if not all(file.is_file() for file in files_by_name.values()):
        return {}
    return files_by_name
