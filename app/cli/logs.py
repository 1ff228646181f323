"""`halobestie logs session`: what all processes said of one session."""

import sys
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from shutil import copyfileobj
from tempfile import TemporaryDirectory
from typing import Annotated, Any, NoReturn
from uuid import UUID

import typer
from rich.console import Console
from rich.text import Text

from app.cli.here import data_directory
from app.observability.session_log import SESSION, LogLine, lines_in, of_session

cli = typer.Typer(help="What the processes logged.", no_args_is_help=True)

PROCESSES = ("api", "internal", "listener")
HOW = (
    "Name files with --from, or pipe them in:"
    " journalctl -o cat -u 'halobestie-*' | halobestie logs session <id> --from -"
)

_STYLES = {"warning": "yellow", "error": "red", "critical": "red"}
# What stands at the beginning of a line, and what tells a person nothing.
_NOT_SHOWN = frozenset({"timestamp", "level", "event", "process", "logger", "exception", SESSION})


@cli.callback()
def _group() -> None:
    """Keep `session` a command of its own, also while it is the only one."""


@cli.command()
def session(
    session_id: Annotated[UUID, typer.Argument(help="The session.")],
    sources: Annotated[
        list[str] | None,
        typer.Option(
            "--from", metavar="FILE", help="A log file, given again for each; - is stdin.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the lines as they were written.")] = False,
) -> None:
    """Gather the lines of a session, also those that share a request, an offer or a payment with it.

    Without --from: the files of `halobestie run`. Source: what api, internal and listener log.
    """
    names = sources or _files_of_run()
    with TemporaryDirectory() as copies:
        files = [_file(name, Path(copies, str(number))) for number, name in enumerate(names)]
        found = of_session(lambda: lines_in(chain.from_iterable(map(_read, files))), str(session_id))
    if not found:
        _fail(f"No line in {', '.join(names)} names the session {session_id}.", HOW)
    console = Console(highlight=False, soft_wrap=True)
    for line in found:
        if as_json:
            typer.echo(line.text)
        else:
            console.print(_shown(line))


def _files_of_run() -> list[str]:
    logs = data_directory() / "logs"
    files = [str(file) for process in PROCESSES if (file := logs / f"{process}.log").exists()]
    if not files:
        _fail(f"No `halobestie run` has left logs in {logs}.", HOW)
    return files


def _file(name: str, copy: Path) -> Path:
    """What can be read more than once: the file, or a copy of what comes through a pipe."""
    try:
        if Path(name).is_file():
            return Path(name)
        with copy.open("wb") as written:
            if name == "-":
                copyfileobj(sys.stdin.buffer, written)
            else:
                with Path(name).open("rb") as pipe:
                    copyfileobj(pipe, written)
    except OSError as error:
        _fail(f"{name} could not be read: {error.strerror}.")
    return copy


def _read(file: Path) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            yield from lines
    except OSError as error:
        _fail(f"{file} could not be read: {error.strerror}.")


def _shown(line: LogLine) -> Text:
    fields: dict[str, Any] = line.fields
    at = line.at.removesuffix("Z").partition("T")
    shown = Text.assemble(
        (f"{at[0]} {at[2][:12]} ", "dim"),
        (f"{fields.get('process', '?'):<9}", "cyan"),
        (str(fields["event"]), _STYLES.get(str(fields.get("level")), "bold")),
    )
    for name, value in fields.items():
        if name not in _NOT_SHOWN:
            shown.append(f" {name}=", "dim")
            shown.append(str(value))
    return shown


def _fail(*sentences: str) -> NoReturn:
    for sentence in sentences:
        typer.echo(sentence, err=True)
    raise typer.Exit(1)
