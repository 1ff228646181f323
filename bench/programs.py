"""Programs that run for as long as a block, and when they are ready."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from app.development.processes import last_lines

Program = subprocess.Popen[bytes]
WAIT_SECONDS = 60.0
END_SECONDS = 15.0


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Program]:
    """Run a program until the block ends; when that ends badly, show what the program said last."""
    with log.open("wb") as file:
        program = subprocess.Popen(command, env={**os.environ, **environment}, stdout=file, stderr=file)
        try:
            yield program
        except BaseException:
            print(f"The end of {log}:\n{last_lines(log)}", file=sys.stderr)
            raise
        finally:
            program.terminate()
            try:
                program.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def wait_until_ready(port: int, program: Program) -> None:
    """Wait until a process of ours says that it is ready."""

    def is_ready() -> bool:
        with suppress(httpx.TransportError):
            return httpx.get(f"http://127.0.0.1:{port}/readyz").is_success
        return False

    wait_for(is_ready, f"{program.args!r}", program)


def wait_until_listening(port: int, program: Program) -> None:
    """Wait until a program takes connections."""

    def is_listening() -> bool:
        with suppress(ConnectionError):
            socket.create_connection(("127.0.0.1", port)).close()
            return True
        return False

    wait_for(is_listening, f"{program.args!r}", program)


def wait_for(has_come: Callable[[], bool], what: str, program: Program | None = None, *, pause: float = 0.05) -> None:
    """Wait until it has come, with a bound, or until the program has ended; `pause` seconds between two looks."""
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not has_come():
        if program is not None and program.poll() is not None:
            raise RuntimeError(f"it ended with {program.returncode}: {what}")
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"waited {WAIT_SECONDS:g} s for {what}")
        time.sleep(pause)
