"""`halobestie` as a shell has it: what a command says, and its exit code."""

import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.support.ground import inherited
from tests.support.waiting import START_SECONDS

ROOT = Path(__file__).parents[2]

# To import the program takes far longer than most commands: a process that has imported it forks for each command.
_commands = multiprocessing.get_context("forkserver")
_commands.set_forkserver_preload(["app.cli.commands"])


def environment(settings: dict[str, str]) -> dict[str, str]:
    """An environment with these settings, and nothing else but those of this run's ground."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "COLUMNS": "200", **inherited(), **settings}


def halobestie(*arguments: str, typed: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a directory that holds no `.env`; `typed` is what somebody types."""
    return halobestie_in(ROOT / "tests", *arguments, typed=typed, **settings)


def halobestie_in(
    directory: Path,
    *arguments: str,
    typed: str = "",
    **settings: str,
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end in `directory`, whose `.env` it reads; `typed` is what somebody types."""
    with TemporaryDirectory() as place:
        streams = [Path(place) / name for name in ("stdin", "stdout", "stderr")]
        streams[0].write_text(typed, encoding="utf-8")
        command = _commands.Process(target=_run, args=(arguments, environment(settings), directory, streams))
        command.start()
        command.join(START_SECONDS)
        if command.exitcode is None:
            command.kill()
            command.join()
            raise subprocess.TimeoutExpired(arguments, START_SECONDS)
        stdout, stderr = (stream.read_text(encoding="utf-8") for stream in streams[1:])
        return subprocess.CompletedProcess(arguments, command.exitcode, stdout, stderr)


def _run(arguments: tuple[str, ...], settings: dict[str, str], directory: Path, streams: list[Path]) -> None:
    """Become the command, in a process that was just forked."""
    from app.cli import main

    for number, stream in enumerate(streams):
        file = os.open(stream, os.O_RDWR | os.O_CREAT)
        os.dup2(file, number)
        os.close(file)
    sys.stdin = os.fdopen(0, closefd=False)  # multiprocessing has closed it
    os.environ.clear()
    os.environ.update(settings)
    os.chdir(directory)
    sys.argv = ["halobestie", *arguments]
    main()
