"""`GET /ws`: one socket a device, through which everything for its user passes."""

import falcon
import psycopg
from falcon.asgi import Request, WebSocket

from app.auth.tokens import Tokens
from app.mirror.gateway import Gateway
from app.sockets.closing import OTHER_SUBPROTOCOL, Close
from app.sockets.conversation import ConnectionControls, Conversation
from app.sockets.hub import Hub
from app.sockets.messenger import Messenger
from app.sockets.send_queue import SendQueue
from app.wire.socket_limits import SUBPROTOCOL
from app.wire.socket_protocol import CONNECTION


class SocketRoute:
    """The handshake of a socket, and the start of its conversation."""

    def __init__(self, gateway: Gateway, tokens: Tokens, hub: Hub, messenger: Messenger) -> None:
        self._gateway = gateway
        self._tokens = tokens
        self._hub = hub
        self._messenger = messenger

    async def on_websocket(self, req: Request, ws: WebSocket) -> None:
        """Accept, and serve until either side ends it. Refusals are close codes, which browsers can read."""
        offered = ws.subprotocols
        await ws.accept(SUBPROTOCOL if SUBPROTOCOL in offered else None)
        methods = req.scope.get("extensions", {}).get(CONNECTION, {})
        queue = SendQueue(ws, methods.get("abort", _leave_to_server), methods.get("write", _write_nothing))
        connection = ConnectionControls(
            methods.get("ping", _write_nothing),
            methods.get("listen_for_pongs", _leave_to_server),
            methods.get("listen_for_texts", _leave_to_server),
            methods.get("was_closed", _assume_closed),
        )
        try:
            if SUBPROTOCOL in offered or not offered:
                await Conversation(
                    ws, queue, connection, self._gateway, self._tokens, self._hub, self._messenger
                ).hold()
            else:
                queue.close(Close.MALFORMED, OTHER_SUBPROTOCOL)
        except falcon.WebSocketDisconnected:
            pass
        except psycopg.OperationalError:
            queue.close(Close.TRY_AGAIN_LATER)
        finally:
            await queue.finish()


# Under another server than ours, the connection has none of the methods that app.wire.socket_protocol adds.


def _leave_to_server(*_: object) -> None:
    """The other server itself cuts clients that stand still, and reads pongs."""


def _assume_closed() -> bool:
    """No client counts as lost."""
    return True


def _write_nothing(_: object) -> bool:
    """Every frame goes through ASGI, and no ping follows it."""
    return False
