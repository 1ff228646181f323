"""An address that leads nowhere."""

from collections.abc import Mapping
from typing import Any

from falcon.asgi import Request, Response

from app.pages.screen import Screen
from app.problems import Problem


class LostScreen(Screen):
    """Every address that nothing else answers: a page for browsers, a problem for programs."""

    template = "problem.html"

    async def lost(self, req: Request, resp: Response | None, **_: Any) -> None:
        """Say that there is nothing."""
        if "text/html" not in (req.get_header("Accept") or ""):
            raise Problem("NOT_FOUND")
        assert resp is not None, "only a socket has no response"
        await self._answer(self._get, req, resp, {})

    async def _get(self, req: Request, resp: Response, path: Mapping[str, Any]) -> None:  # noqa: ARG002
        raise Problem("NOT_FOUND")


NOT_THE_API = r"/(?!internal/|docs/|assets/)"
