"""A browser without a screen: it keeps cookies, and sends forms as a page's own."""

import re
from dataclasses import dataclass
from typing import Any

import httpx

from tests.support.market import PASSWORD, Market, Person

_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@dataclass
class Guest:
    """Somebody at a browser."""

    client: httpx.AsyncClient

    async def get(self, path: str, **headers: str) -> httpx.Response:
        """Load a page; redirects are not followed."""
        return await self.client.get(path, headers=headers)

    async def csrf(self, path: str = "/login") -> str:
        """The token of a form on this page."""
        found = _CSRF.search((await self.client.get(path)).text)
        assert found is not None, f"{path} has no form"
        return found[1]

    async def send(self, path: str, headers: dict[str, str] | None = None, **fields: Any) -> httpx.Response:
        """Send a form as a page of ours does."""
        if "csrf" not in fields:
            fields["csrf"] = await self.csrf("/login" if path.startswith("/login") else path)
        origin = {"Origin": str(self.client.base_url).rstrip("/"), "Sec-Fetch-Site": "same-origin"}
        return await self.client.post(path, data=fields, headers={**origin, **(headers or {})})

    async def log_in(
        self, market: Market, operator: Person, password: str = PASSWORD, back: str = "/"
    ) -> httpx.Response:
        """Log in as this operator, whoever was logged in before."""
        self.client.cookies.clear()
        email = market.email(operator)
        path = "/login" if back == "/" else f"/login?back={back}"
        return await self.send(path, act="login", email=email, password=password)

    async def log_out(self) -> None:
        """Log out."""
        await self.send("/logout", csrf=await self.csrf("/"))
