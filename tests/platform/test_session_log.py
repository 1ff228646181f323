"""`halobestie logs session`: what several processes logged of one session, and nothing of another one."""

import json
import os
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from app.cli.commands import cli
from app.cli.logs import PROCESSES
from app.observability import logs
from app.observability.session_log import LogLine, lines_in, of_session
from app.settings import Settings

SESSION, OTHER = str(uuid4()), str(uuid4())
OFFER, PAYMENT = str(uuid4()), str(uuid4())


def line(second: int, process: str, event: str, **fields: object) -> str:
    at = f"2026-11-30T20:15:{second:02}.123456Z"
    return json.dumps({"event": event, **fields, "process": process, "level": "info", "logger": "a", "timestamp": at})


API = [
    line(1, "api", "request", route="/api/payment-requests", payment_request_id=PAYMENT, request_id="r-1"),
    line(6, "api", "request", route="/api/mitra/offers/{offer_id}/decline", offer_id=OFFER, request_id="r-2"),
    line(9, "api", "request", route="/api/packages", request_id="r-4"),
    "Traceback (most recent call last):",
    line(7, "api", "request_not_served", request_id="r-3"),
    line(8, "api", "request", route="/api/chat/{session_id}/end", session_id=SESSION, request_id="r-3"),
]
LISTENER = [
    line(2, "listener", "payment_updated", payment_request_id=PAYMENT, session_id=SESSION),
    line(4, "listener", "pairing_offer", offer_id=OFFER, session_id=SESSION, recipient=f"mitra:{uuid4()}"),
    line(5, "listener", "pairing_offer", offer_id=str(uuid4()), session_id=OTHER, request_id="r-3"),
]
ROUTES_AND_EVENTS = [
    "/api/payment-requests", "payment_updated", "pairing_offer", "/api/mitra/offers/{offer_id}/decline",
    "request_not_served", "/api/chat/{session_id}/end",
]  # fmt: skip


def logs_session(*arguments: str, typed: str = "", **settings: str) -> Result:
    return CliRunner().invoke(cli, ["logs", "session", *arguments], input=typed, env=settings)


def told(text: str) -> list[str]:
    fields = [json.loads(line) for line in text.splitlines()]
    return [field.get("route", field["event"]) for field in fields]


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """A log of each process."""
    for name, lines in {"api": API, "listener": LISTENER}.items():
        (tmp_path / name).write_text("\n".join(lines) + "\n")
    return [f"--from={tmp_path / name}" for name in ("api", "listener")]


def test_lines_of_all_processes_are_joined_by_the_ids_they_share_in_the_order_of_time(files: list[str]) -> None:
    said = logs_session(SESSION, *files, "--json")
    assert (said.exit_code, told(said.stdout)) == (0, ROUTES_AND_EVENTS)


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda text: text,
        lambda text: f"api-1  | {text}",
        lambda text: f"Nov 30 20:15:01 host halobestie[17]: {text}",
        lambda text: json.dumps({"MESSAGE": text, "_SYSTEMD_UNIT": "halobestie-api.service"}),
    ],
    ids=["plain", "compose", "journal", "journal as JSON"],
)
def test_they_may_come_through_a_pipe_with_what_stands_before_them(wrapped: object) -> None:
    assert callable(wrapped)
    typed = "".join(f"{wrapped(text)}\n" for text in API + LISTENER)
    said = logs_session(SESSION, "--from", "-", typed=typed)
    assert said.exit_code == 0, said.stderr
    shown = said.stdout.splitlines()
    assert [text for text in shown if OTHER in text] == []
    assert len(shown) == len(ROUTES_AND_EVENTS)
    assert shown[1].startswith("2026-11-30 20:15:02.123 listener payment_updated payment_request_id=")


def test_of_long_logs_only_what_is_told_is_kept() -> None:
    kept: list[weakref.ref[Fields]] = []
    most = 0

    def read() -> Iterator[LogLine]:
        nonlocal most
        for text in [*API, *(line(3, "api", "request", request_id=f"other-{n}") for n in range(1_000)), *LISTENER]:
            for found in lines_in([text]):
                fields = Fields(found.fields)
                kept.append(weakref.ref(fields))
                yield found._replace(fields=fields)
                del found, fields
                most = max(most, sum(one() is not None for one in kept[-100:]))

    assert len(of_session(read, SESSION)) == len(ROUTES_AND_EVENTS)
    assert len(kept) > 2_000
    assert most < 20


class Fields(dict[str, object]):
    """The fields of a line, of which it can be told whether somebody keeps them."""


def test_a_pipe_that_has_a_name_is_read_like_a_file(files: list[str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=["\n".join(API).encode() + b"\n\xff\n"])
    writer.start()
    said = logs_session(SESSION, f"--from={pipe}", files[1], "--json")
    writer.join()
    assert (said.exit_code, told(said.stdout)) == (0, ROUTES_AND_EVENTS)


def test_a_run_is_read_without_naming_its_files_and_lines_for_people_are_understood(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (written,) = logs._renderers(Settings(log_format="console"))
    for process in PROCESSES:
        lines = [
            line(1, process, "request_not_served", error="Locked", hint="try = again", request_id="r-1"),
            line(2, process, "request", route="/api/chat/{session_id}/end", session_id=SESSION, request_id="r-1"),
        ]
        shown = [written(None, "info", json.loads(text)) for text in lines]
        (tmp_path / "logs" / f"{process}.log").write_text("\n".join(map(str, shown)) + "\nTraceback: a line of it\n")
    said = logs_session(SESSION, DATA_DIR=str(tmp_path))
    assert said.exit_code == 0, said.stderr
    assert said.stdout.count("request_not_served error=Locked hint=try = again") == len(PROCESSES)
    assert said.stdout.count("request request_id=r-1 route=/api/chat/{session_id}/end") == len(PROCESSES)
    assert len(said.stdout.splitlines()) == 2 * len(PROCESSES)


def test_where_nothing_is_found_it_says_what_to_do(files: list[str], tmp_path: Path) -> None:
    for arguments in ([str(uuid4()), *files], [SESSION], [SESSION, "--from", str(tmp_path / "none")]):
        said = logs_session(*arguments, DATA_DIR=str(tmp_path))
        assert (said.exit_code, said.stdout) == (1, "")
        assert "--from" in said.stderr or "could not be read: No such file or directory." in said.stderr
