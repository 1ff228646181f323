"""The least that a Falcon application is: an empty answer, and a WebSocket that listens."""

import falcon.asgi
from falcon.asgi import Request, Response, WebSocket


class Empty:
    """GET /healthz."""

    async def on_get(self, req: Request, resp: Response) -> None:  # noqa: ARG002
        """Answer 204."""
        resp.status = 204


class Listening:
    """GET /ws."""

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:  # noqa: ARG002
        """Accept, and read until the client goes."""
        await ws.accept(subprotocol=ws.subprotocols[0] if ws.subprotocols else None)
        while True:
            await ws.receive_text()


application = falcon.asgi.App()
application.add_route("/healthz", Empty())
application.add_route("/ws", Listening())
