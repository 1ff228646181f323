"""The Python files: none is too long, no class name means two things, and no event of the log is a sentence."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.support.command import ROOT

LONGEST_LINES = 400


def _files(*folders: str) -> list[Path]:
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def test_no_python_file_is_over_400_lines() -> None:
    files = _files("app", "listeners", "bench", "tests", "db/migrations")
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files}
    assert len(files) > 300
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST_LINES} == {}


def test_no_class_name_means_two_things() -> None:
    """But for `app/client`, which stands for a program of its own: its names are those of app developers."""
    places = defaultdict(list)
    for path in _files("app", "listeners"):
        if "client" in path.parts:
            continue
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(path.relative_to(ROOT)))
    assert len(places) > 300
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def _events(path: Path) -> Iterator[str]:
    """The events that a file logs: the text in `log.warning("…")`, `Series(log, "…")` or `log_fault(log, "…")`."""
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call):
            continue
        match call.func, call.args:
            case ast.Attribute(ast.Name("log"), "debug" | "info" | "warning" | "error"), [event, *_]:
                pass
            case ast.Name("Series" | "log_fault"), [_, event, *_]:
                pass
            case _:
                continue
        if isinstance(event, ast.Constant):
            yield str(event.value)


def test_an_event_of_the_log_is_a_name() -> None:
    events = {event for path in _files("app", "listeners") for event in _events(path)}
    assert len(events) > 50
    assert {event for event in events if not re.fullmatch("[a-z]+(_[a-z]+)*", event)} == set()
