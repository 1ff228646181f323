"""The Python files: none is too long, and no class name means two things."""

import ast
from collections import defaultdict
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
