"""The local Xendit over HTTP: sessions, refunds, and a page on which a person can pay."""

import asyncio
import base64
import hmac
import html
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import falcon
import falcon.asgi
import uvicorn
from falcon.asgi import Request, Response
from pydantic import SecretStr

from app.runtime.ports import reserve
from tests.support.uvicorn_server import PromptServer
from tests.support.waiting import START_SECONDS
from tests.support.xendit.account import Account, Document, Notice, Refusal
from tests.support.xendit.faults import Faults

SECRET_KEY = "xnd_development_of_the_local_xendit"
WEBHOOK_TOKEN = "webhook-token-of-the-local-xendit"

_PAGE = """<!doctype html><meta charset="utf-8"><title>Local Xendit</title>
<h1>Rp {amount}</h1><p>for {reference}: {status}</p>
<form method="post"><input name="amount" value="{amount}"> <button name="outcome" value="pay">Pay</button>
<button name="outcome" value="fail">Fail to pay</button> <button name="outcome" value="expire">Let it expire</button>
</form>"""


class LocalXendit:
    """A running one: its account, what goes wrong there, and which requests it heard."""

    def __init__(self, url: str, *, secret_key: str = SECRET_KEY, faults: Faults | None = None) -> None:
        self.url = url
        self.account = Account(url)
        self.faults = faults or Faults()
        self.calls: list[tuple[str, str | None]] = []
        """Operation and idempotency key of each request."""
        self.closing = asyncio.Event()
        """Ends what hangs."""
        self.on_notice: Callable[[Notice], None] = lambda _notice: None
        """Told of each webhook that the pay page and the clock bring about."""
        self.on_refund: Callable[[str], None] = lambda _refund_id: None
        self._secret_key = secret_key
        self._credentials = base64.b64encode(f"{secret_key}:".encode())

    def settings(self) -> dict[str, object]:
        """What a program's settings are to be changed to so that this is its provider."""
        return {
            "xendit_enabled": True,
            "xendit_base_url": self.url,
            "xendit_secret_key": SecretStr(self._secret_key),
            "xendit_webhook_token": SecretStr(WEBHOOK_TOKEN),
        }

    def app(self) -> "falcon.asgi.App[Request, Response]":
        """What serves it."""
        app = falcon.asgi.App()
        app.add_route("/sessions", _Creation(self, "POST /sessions"))
        app.add_route("/sessions/{identity}", _Reading(self, "GET /sessions/{id}", self.account.sessions))
        app.add_route("/refunds", _Creation(self, "POST /refunds"))
        app.add_route("/refunds/{identity}", _Reading(self, "GET /refunds/{id}", self.account.refunds))
        app.add_route("/pay/{session_id}", _PayPage(self))
        return app

    def count(self, operation: str) -> int:
        """How often it was asked for."""
        return sum(called == operation for called, _ in self.calls)

    async def answer(
        self, operation: str, req: Request, resp: Response, work: Callable[[], Awaitable[Document]]
    ) -> None:
        """Serve a request, or let it meet its fault."""
        scheme, _, given = (req.auth or "").partition(" ")
        if scheme != "Basic" or not hmac.compare_digest(given.encode(), self._credentials):
            resp.status, resp.media = 401, {"error_code": "INVALID_API_KEY", "message": "Who are you?"}
            return
        self.calls.append((operation, req.get_header("idempotency-key")))
        fault = self.faults.next(operation)
        try:
            done = await work() if fault is None or fault.is_heard else {}
        except Refusal as refusal:
            resp.status, resp.media = refusal.status, refusal.document
            return
        if fault is None:
            resp.media = done
            return
        await asyncio.sleep(fault.seconds)
        if fault.gate is not None:
            await fault.gate.wait()
        if fault.hangs:
            await self.closing.wait()
        if fault.status is None:
            resp.media = done
        else:
            resp.status, resp.data, resp.content_type = fault.status, fault.body, falcon.MEDIA_JSON


class _Creation:
    def __init__(self, xendit: LocalXendit, operation: str) -> None:
        self._xendit = xendit
        self._operation = operation

    async def on_post(self, req: Request, resp: Response) -> None:
        async def create() -> Document:
            made = self._xendit.account.once(self._operation, req.get_header("idempotency-key"), await req.get_media())
            if self._operation == "POST /refunds":
                self._xendit.on_refund(made["id"])
            return made

        await self._xendit.answer(self._operation, req, resp, create)


class _Reading:
    def __init__(self, xendit: LocalXendit, operation: str, documents: dict[str, Document]) -> None:
        self._xendit = xendit
        self._operation = operation
        self._documents = documents

    async def on_get(self, req: Request, resp: Response, identity: str) -> None:
        async def read() -> Document:
            if identity not in self._documents:
                raise Refusal(404, "DATA_NOT_FOUND", "There is no such thing.")
            return self._documents[identity]

        await self._xendit.answer(self._operation, req, resp, read)


class _PayPage:
    """For people: GET shows a link, POST does with it what the button says.

    `outcome` is pay, unless said otherwise; `amount` pays another one than was asked for.
    """

    def __init__(self, xendit: LocalXendit) -> None:
        self._xendit = xendit

    async def on_get(self, _req: Request, resp: Response, session_id: str) -> None:
        session = self._xendit.account.sessions.get(session_id)
        if session is None:
            raise falcon.HTTPNotFound
        resp.content_type = falcon.MEDIA_HTML
        resp.text = _PAGE.format(
            amount=session["amount"], reference=html.escape(session["reference_id"]), status=session["status"]
        )

    async def on_post(self, req: Request, resp: Response, session_id: str) -> None:
        account = self._xendit.account
        form: Any = await req.get_media() if req.content_length else {}
        outcome = form.get("outcome", "pay")
        if session_id not in account.sessions:
            raise falcon.HTTPNotFound
        try:
            if outcome == "pay":
                notices = account.pay(session_id, amount=int(form["amount"]) if "amount" in form else None)
            else:
                notices = [account.expire(session_id) if outcome == "expire" else account.fail(session_id)]
        except Refusal as refusal:
            raise falcon.HTTPConflict(description=refusal.document["message"]) from None
        except ValueError:
            raise falcon.HTTPBadRequest(description="An amount is a whole number.") from None
        for notice in notices:
            self._xendit.on_notice(notice)
        await self.on_get(req, resp, session_id)


@asynccontextmanager
async def serving(
    *, port: int = 0, secret_key: str = SECRET_KEY, faults: Faults | None = None
) -> AsyncIterator[LocalXendit]:
    """Serve it on a port of this machine until the block ends."""
    with reserve("127.0.0.1", port, setting="PORT") as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        xendit = LocalXendit(url, secret_key=secret_key, faults=faults)
        server = PromptServer(
            uvicorn.Config(xendit.app(), log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        )
        running = asyncio.create_task(server._serve([listening]))
        try:
            async with asyncio.timeout(START_SECONDS):
                while not server.started:
                    assert not running.done(), "the server ended while it started"
                    await asyncio.sleep(0.01)
            yield xendit
        finally:
            xendit.closing.set()
            server.should_exit = True
            await asyncio.wait_for(running, START_SECONDS)
