"""What pages load: our own style and scripts, and what npm installed. A file that is not installed is 404."""

import hashlib
from importlib.resources import files

from falcon.asgi import Request, Response

from app.problems import Problem

_OWN = files("app.pages") / "static"
_PACKAGES = files("app.http") / "assets" / "node_modules"
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FILES = {
    "style.css": _OWN / "style.css",
    "theme.js": _OWN / "theme.js",
    "page.js": _OWN / "page.js",
    "charts.js": _OWN / "charts.js",
    "icon.svg": _OWN / "icon.svg",
    "htmx.js": _PACKAGES / "htmx.org" / "dist" / "htmx.min.js",
    "hx-csp.js": _PACKAGES / "htmx.org" / "dist" / "ext" / "hx-csp.min.js",
    "hx-sse.js": _PACKAGES / "htmx.org" / "dist" / "ext" / "hx-sse.min.js",
    "uplot.js": _PACKAGES / "uplot" / "dist" / "uPlot.iife.min.js",
    "uplot.css": _PACKAGES / "uplot" / "dist" / "uPlot.min.css",
}


class Asset:
    """GET a file that pages load. Its tag changes with its content."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._content = content
        self._kind = kind
        self._tag = hashlib.blake2b(content, digest_size=12).hexdigest()

    async def on_get(self, req: Request, resp: Response) -> None:
        """Give the file, or 304 to a browser that has it."""
        resp.etag = self._tag
        resp.set_header("Cache-Control", "no-cache")
        resp.content_type = self._kind
        if any(held in ("*", self._tag) for held in req.if_none_match or ()):
            resp.status = 304
            return
        resp.data = self._content


class Missing:
    """An asset that is not installed."""

    async def on_get(self, _req: Request, _resp: Response) -> None:
        """Say how it is installed."""
        raise Problem("NOT_FOUND", "This file is not installed.", hint="Run npm ci in app/http/assets.")


def routes() -> dict[str, object]:
    """The assets by their addresses."""
    return {
        f"/assets/{name}": Asset(file.read_bytes(), _KINDS[name.rsplit(".", 1)[1]]) if file.is_file() else Missing()
        for name, file in FILES.items()
    }
