"""`/docs`: the OpenAPI document as a page for people, rendered here, from local files, without a script."""

from collections.abc import Collection
from importlib.resources import files
from typing import Any

import jinja2
import msgspec
from falcon.asgi import Request, Response

HTML = "text/html; charset=utf-8"
CSS = "text/css; charset=utf-8"
_CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
_MAX_AGE = "public, max-age=300"


class Document:
    """GET /openapi.json, GET /asyncapi.json."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._body = msgspec.json.encode(document)

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give the document to programs."""
        resp.data = self._body
        resp.content_type = "application/json"
        resp.set_header("Cache-Control", _MAX_AGE)


class DocsPage:
    """GET /docs and its style sheet."""

    def __init__(self, document: dict[str, Any], paths: Collection[str]) -> None:
        """`paths` are where the app has its documents for programs, this one among them."""
        templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(str(files("app.http") / "pages")),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        self._page = templates.get_template("docs.html").render(document=document, paths=paths).encode()
        self._style = (files("app.http") / "pages" / "docs.css").read_bytes()

    async def on_get(self, _req: Request, resp: Response) -> None:
        """Give the page to people."""
        resp.data = self._page
        resp.content_type = HTML
        resp.set_header("Content-Security-Policy", _CONTENT_SECURITY_POLICY)
        resp.set_header("Cache-Control", _MAX_AGE)

    async def on_get_style(self, _req: Request, resp: Response) -> None:
        """Give the page its looks."""
        resp.data = self._style
        resp.content_type = CSS
        resp.set_header("Cache-Control", _MAX_AGE)
