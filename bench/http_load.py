"""Requests as fast as they are answered, from wrk (Debian: `apt install wrk`) over keep-alive connections."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.row import P50, P99, PER_CORE, PROCESSOR, RATE, Run, Sample
from bench.stage import Stage

SCRIPT = Path(__file__).with_name("http_load.lua")
CONNECTIONS = 64
WARM_SECONDS = 3.0
WARM_PASSES = 2
"""So often each token is sent before anything is measured: with the first, servers learn it."""

BUSY = "busy"
"""The share of its core that the server used; where it is far below 1, the load or the stores were the limit."""


class HttpLoad:
    """A way to ask: one request a line of `tokens`, in turn, or one without a token."""

    def __init__(self, run: Run, on: Stage, tokens: Path | None, count: int, connections: int) -> None:
        self._run = run
        self._on = on
        self._tokens = tokens
        self._count = max(1, count)
        self._connections = connections

    def warm(self, port: int, path: str, *, method: str = "GET") -> None:
        """Let a server fill its caches and compile itself. Each load begins with the first token."""
        seconds, passes = WARM_SECONDS, 0
        while passes < WARM_PASSES:
            now = int(self._wrk(port, path, method, seconds)["requests"]) // self._count
            passes += now
            if not now:
                seconds *= 2

    def sample(self, server: str, port: int, path: str, *, method: str = "GET") -> Sample:
        """Load the process of this name on the stage for a round."""
        before = self._on.processor_seconds()[server]
        told = self._wrk(port, path, method, self._run.seconds)
        used = self._on.processor_seconds()[server] - before
        return {
            RATE: told["requests"] / told["seconds"],
            PROCESSOR: used / told["requests"] * 1e6,
            PER_CORE: told["requests"] / used,
            P50: told["p50"],
            P99: told["p99"],
            BUSY: used / told["seconds"],
        }

    def _wrk(self, port: int, path: str, method: str, seconds: float) -> dict[str, float]:
        wrk = shutil.which("wrk")
        if wrk is None:
            raise RuntimeError("wrk is missing, which makes the load (Debian: apt install wrk)")
        command = [wrk, "--threads=1", f"--connections={self._connections}", f"--duration={max(1, round(seconds))}s"]
        command += ["--timeout=60s", f"--script={SCRIPT}", f"http://127.0.0.1:{port}{path}", "--", method]
        command += [str(self._tokens)] if self._tokens else []
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        told: dict[str, float] = json.loads(output.splitlines()[-1])
        if told["errors"]:
            raise RuntimeError(f"{told['errors']:g} of {told['requests']:g} requests to {path} failed:\n{output}")
        if not told["requests"]:
            raise RuntimeError(f"no request to {path} was answered in {seconds:g} s")
        return told


@contextmanager
def http_load(run: Run, on: Stage, *, tokens: Sequence[str] = (), connections: int = CONNECTIONS) -> Iterator[HttpLoad]:
    """Ask over so many connections; with tokens, each request has the next."""
    with tempfile.NamedTemporaryFile("w", suffix=".tokens") as file:
        file.write("".join(f"{token}\n" for token in tokens))
        file.flush()
        yield HttpLoad(run, on, Path(file.name) if tokens else None, len(tokens), connections)
