"""Clients that do not read what they ask for, and clients that are gone."""

import asyncio
from unittest.mock import Mock

import pytest
import uvicorn
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.server import ServerState

from app.serving.server import UVICORN
from app.wire.socket_protocol import SocketProtocol
from tests.support.waiting import PATIENCE_SECONDS

PING = bytes([0x89, 0x80 | 125]) + bytes(4) + b"x" * 125
CLOSING = bytes([0x88, 0x80]) + bytes(4)
REQUEST = (
    b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def connection() -> tuple[SocketProtocol, Mock]:
    """A protocol that has accepted a client, and the transport it writes to."""
    accepted = asyncio.Event()

    async def accept(scope: object, receive: object, send: object) -> None:
        await receive()  # type: ignore[operator]
        await send({"type": "websocket.accept"})  # type: ignore[operator]
        accepted.set()
        await asyncio.Event().wait()

    config = uvicorn.Config(accept, **{**UVICORN, "lifespan": "off"})
    config.load()
    protocol = SocketProtocol(config=config, server_state=ServerState(), app_state={})
    transport = Mock()
    transport.is_closing.return_value = False
    transport.get_extra_info.side_effect = lambda name, default=None: Mock() if name == "socket" else default
    protocol.connection_made(transport)
    protocol.data_received(REQUEST)
    await asyncio.wait_for(accepted.wait(), PATIENCE_SECONDS)
    transport.write.reset_mock()
    return protocol, transport


async def test_pongs_do_not_pile_up_for_a_client_that_does_not_read() -> None:
    protocol, transport = await connection()
    protocol.data_received(PING)
    assert transport.write.call_count == 1
    protocol.pause_writing()
    protocol.data_received(PING * 50)
    assert transport.write.call_count == 1
    protocol.resume_writing()
    protocol.data_received(PING)
    assert transport.write.call_count == 2
    for task in protocol.tasks:
        task.cancel()


async def test_a_client_that_closes_and_does_not_read_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.wire.socket_protocol.CLOSE_SECONDS", 0.1)
    protocol, transport = await connection()
    cut = asyncio.Event()
    transport.abort.side_effect = cut.set
    protocol.pause_writing()
    protocol.data_received(CLOSING)
    async with asyncio.timeout(PATIENCE_SECONDS):
        await cut.wait()
    for task in protocol.tasks:
        task.cancel()


async def test_to_close_the_connection_of_a_client_that_is_gone_is_no_fault() -> None:
    protocol, _ = await connection()
    protocol.connection_lost(None)
    with pytest.raises(ClientDisconnected):
        await protocol.send({"type": "websocket.send", "text": "too late"})
    await protocol.send({"type": "websocket.close", "code": 1000})
    for task in protocol.tasks:
        task.cancel()
