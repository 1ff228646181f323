"""HTTP requests with the tokens of a login, which are changed before they expire."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import msgspec

from app.client import timing
from app.client.answers import SignedOut, Unknown, read_reply
from app.client.login import Login

PAGE_ITEMS = 200


class LoginRequests:
    """One login's HTTP requests, and its tokens."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        login: Login,
        store: Callable[[Login], Awaitable[None]] | None,
        on_new_tokens: Callable[[], Awaitable[None]],
    ) -> None:
        """`store(login)` has the app keep new tokens; `on_new_tokens()` is called once they are in use."""
        self.login = login
        self._http = http
        self._store = store
        self._on_new_tokens = on_new_tokens
        self._expires_at = 0.0
        self._refreshing = asyncio.Lock()
        self._use(login)

    @property
    def expires_soon(self) -> bool:
        """Whether the access token has to be changed now."""
        return time.time() > self._expires_at - timing.REFRESH_BEFORE_EXPIRY_SECONDS

    def expire(self) -> None:
        """The server does not take the access token any more."""
        self._expires_at = 0.0

    def socket_url(self) -> str:
        """The address of the server's socket."""
        base = self._http.base_url
        return str(base.copy_with(scheme="wss" if base.scheme == "https" else "ws", path="/ws"))

    async def request(self, method: str, path: str, body: object = None, *, key: str | None = None) -> Any:
        """One request; after a 401 the tokens are changed and it is made again. See Client.request."""
        headers = {} if key is None else {"Idempotency-Key": key}
        token = self.login.access_token
        response = await self._send(method, path, body, headers, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            await self.refresh(token)
            response = await self._send(method, path, body, headers, self.login.access_token)
        return read_reply(response)

    async def items(self, path: str, query: str) -> AsyncIterator[dict[str, Any]]:
        """The items of a list, page by page; `query` is for the first page. Raises as `request` does."""
        while True:
            page = await self.request("GET", f"{path}?limit={PAGE_ITEMS}{query}")
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None:
                return
            query = f"&cursor={page['next_cursor']}"

    async def refresh(self, token: str) -> None:
        """Change the tokens, unless another task of this client has done it since `token` was used.

        Without an answer the old token stays: when it is sent again, the server gives the same answer, or another one.
        """
        async with self._refreshing:
            if self.login.access_token != token:
                return
            response = await send_json(
                self._http, "POST", "/api/auth/refresh", {"refresh_token": self.login.refresh_token}, {}
            )
            if response.status_code in (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN):
                raise SignedOut("The login has ended.")
            login = msgspec.convert(read_reply(response), Login)
            await self._keep(login)
            self._use(login)
            await self._on_new_tokens()

    async def _keep(self, login: Login) -> None:
        """Have the app keep new tokens before they are used: after that the old tokens can't be used any more."""
        if self._store is not None:
            try:
                await self._store(login)
            except Exception as error:
                raise Unknown(f"The new tokens could not be stored: {error!r}") from error

    def _use(self, login: Login) -> None:
        self.login = login
        self._expires_at = time.time() + login.expires_in

    async def _send(self, method: str, path: str, body: object, headers: dict[str, str], token: str) -> httpx.Response:
        return await send_json(self._http, method, path, body, {**headers, "Authorization": f"Bearer {token}"})


async def send_json(
    http: httpx.AsyncClient, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> httpx.Response:
    """One request with a JSON body. Raises Unknown when no answer came."""
    content = None if body is None else msgspec.json.encode(body)
    if content is not None:
        headers = {**(headers or {}), "Content-Type": "application/json"}
    try:
        return await http.request(method, path, content=content, headers=headers)
    except httpx.TransportError as error:
        raise Unknown(f"{method} {path}: {error!r}") from error
