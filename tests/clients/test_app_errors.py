"""An error of the app's own callback costs it no frame, and ends no client, in Python and in Node alike."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from app.client import Client, Login, LoginUser, SignedOut
from app.sockets.closing import Close
from app.wire.socket_limits import SUBPROTOCOL
from tests.clients.remote import in_node
from tests.support.waiting import PATIENCE_SECONDS

LOGIN = Login("a", "r", 900, LoginUser("u", "customer"))

SCRIPT = """
const { Client, SignedOut } = await import(process.argv[2]);
const heard = [], errors = [];
const client = new Client(process.argv[3], JSON.parse(process.argv[4]), (frame) => {
  heard.push(frame.seq);
  throw new Error(`cannot show ${frame.seq}`);
}, { afterSeq: 0, onError: (error) => errors.push(error.message) });
const run = client.run();
const ended = await run.then(() => "stopped", (error) => error instanceof SignedOut && "signed out");
const late = client.ready();
await client.run().catch(() => {});
const settled = await late.then(() => "ready", (error) => error instanceof SignedOut && "signed out");
console.log(JSON.stringify({ heard, errors, ended, settled }));
"""


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """Sends what is missed of three events, if anything is, and says then that the login has ended."""

    async def converse(connection: ServerConnection) -> None:
        await connection.send(msgspec.json.encode({"type": "ready", "seq": 3, "server_time": ""}).decode())
        after = json.loads(await connection.recv())["after_seq"]
        for seq in range(after + 1, 4):
            frame = {"type": "status_changed", "id": str(seq), "seq": seq, "ts": ""}
            await connection.send(msgspec.json.encode(frame).decode())
        if after < 3:
            await connection.send(msgspec.json.encode({"type": "resumed", "recovered": True, "seq": 3}).decode())
        await connection.close(Close.FORBIDDEN, "signed out")

    async with serve(converse, "127.0.0.1", 0, subprotocols=[Subprotocol(SUBPROTOCOL)]) as listening:
        [socket] = listening.sockets
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"


async def test_in_python_the_error_is_reported_and_every_frame_still_comes(server: str) -> None:
    heard: list[int] = []
    errors: list[str] = []

    def show(frame: dict[str, Any]) -> None:
        heard.append(frame["seq"])
        raise LookupError(f"cannot show {frame['seq']}")

    async with httpx.AsyncClient(base_url=server, trust_env=False) as http:
        client = Client(http, LOGIN, show, on_error=lambda error: errors.append(str(error)), after_seq=0)
        with pytest.raises(SignedOut):
            await asyncio.wait_for(client.run(), PATIENCE_SECONDS)
    assert heard == [1, 2, 3]
    assert errors == ["cannot show 1", "cannot show 2", "cannot show 3"]


async def test_in_node_the_error_is_reported_and_whoever_waits_hears_of_the_end(
    server: str, tmp_path: Path, scripts: Path
) -> None:
    said = await asyncio.to_thread(in_node, tmp_path, scripts, SCRIPT, server, LOGIN)
    assert said["heard"] == [1, 2, 3]
    assert said["errors"] == ["cannot show 1", "cannot show 2", "cannot show 3"]
    assert (said["ended"], said["settled"]) == ("signed out", "signed out")


def test_without_a_websocket_the_client_says_what_it_needs(tmp_path: Path, scripts: Path) -> None:
    with pytest.raises(AssertionError, match="needs a browser, or Node 22 or newer"):
        in_node(tmp_path, scripts, "delete globalThis.WebSocket;" + SCRIPT, "http://127.0.0.1:1", LOGIN)
