"""`GET /ws`: one socket a device, through which everything for its user passes."""

import falcon
import psycopg
from falcon.asgi import Request, WebSocket

from app.auth.tokens import Tokens
from app.mirror.gateway import Gateway
from app.sockets.closing import OTHER_SUBPROTOCOL, Close
from app.sockets.conversation import Conversation, Line
from app.sockets.hub import Hub
from app.sockets.messenger import Messenger
from app.sockets.outbox import Outbox
from app.wire.socket_limits import SUBPROTOCOL
from app.wire.socket_protocol import CONNECTION


class SocketRoute:
    """The handshake of a socket; what is said on it afterwards is its conversation's business."""

    def __init__(self, gateway: Gateway, tokens: Tokens, hub: Hub, messenger: Messenger) -> None:
        self._gateway = gateway
        self._tokens = tokens
        self._hub = hub
        self._messenger = messenger

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Accept, and serve until either side ends it. Refusals are close codes, which browsers can read."""
        offered = ws.subprotocols
        await ws.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        connection = req.scope.get("extensions", {}).get(CONNECTION, {})
        outbox = Outbox(ws, connection.get("abort", _leave_to_the_server), connection.get("write", _not_now))
        line = Line(
            connection.get("ping", _not_now),
            connection.get("heed_pongs", _leave_to_the_server),
            connection.get("has_left", _surely),
        )
        try:
            if SUBPROTOCOL in offered or not offered:
                await Conversation(ws, outbox, line, self._gateway, self._tokens, self._hub, self._messenger).hold()
            else:
                outbox.close(Close.MALFORMED, OTHER_SUBPROTOCOL)
        except falcon.WebSocketDisconnected:
            pass
        except psycopg.OperationalError:
            outbox.close(Close.TRY_AGAIN_LATER)
        finally:
            await outbox.finish()


def _leave_to_the_server(*_: object) -> None:
    """Under another server than ours a stalled client's end, and its pongs, are that server's business."""


def _surely() -> bool:
    """Under another server than ours no client is held to be lost."""
    return True


def _not_now(_: object) -> bool:
    """Under another server than ours every frame goes through ASGI."""
    return False
