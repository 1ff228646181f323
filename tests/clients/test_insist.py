"""A request that must not be lost, in Node: asked again with one key while it still runs, and unknown at the end."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.client import Login, LoginUser
from tests.clients.remote import in_node

SCRIPT = """
const { Client, Unknown } = await import(process.argv[2]);
const client = new Client(process.argv[3], JSON.parse(process.argv[4]), () => {});
const made = await client.insist("POST", "/soon", {});
const end = await client.insist("POST", "/never", {}, 0).catch((error) => error);
console.log(JSON.stringify({ made, isUnknown: end instanceof Unknown, unknown: client.counters.unknown }));
"""


class BusyServer(ThreadingHTTPServer):
    """Says that a request still runs: twice for `/soon`, always for `/never`."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.keys: dict[str, list[str | None]] = {"/soon": [], "/never": []}


class Answering(BaseHTTPRequestHandler):
    """One request."""

    server: BusyServer

    def do_POST(self) -> None:
        """Answer it."""
        keys = self.server.keys[self.path]
        keys.append(self.headers["Idempotency-Key"])
        self.rfile.read(int(self.headers["Content-Length"]))
        is_done = self.path == "/soon" and len(keys) > 2
        body = b'{"id": "p"}' if is_done else b'{"code": "IDEMPOTENCY_IN_PROGRESS", "detail": "It runs."}'
        self.send_response(201 if is_done else 409)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[BusyServer]:
    with BusyServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_what_still_runs_is_asked_again_with_the_same_key_and_is_unknown_at_the_end(
    server: BusyServer, tmp_path: Path, scripts: Path
) -> None:
    address = f"http://127.0.0.1:{server.server_port}"
    login = Login("a", "r", 900, LoginUser("u", "customer"))
    said = in_node(tmp_path, scripts, SCRIPT, address, login)
    assert said == {"made": {"id": "p"}, "isUnknown": True, "unknown": 2}
    soon, never = server.keys["/soon"], server.keys["/never"]
    assert (len(soon), len(set(soon)), len(never)) == (3, 1, 1)
    assert {*soon, *never}.isdisjoint({None})
    assert soon[0] != never[0]
