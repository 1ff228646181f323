"""SQL is laid out for people. sqlfluff takes a body between $$ for one string, so its lines are held here."""

import re

from tests.support.command import ROOT
from tests.support.sources import ALL_FUNCTIONS, DB, FUNCTION_FILES, TRIGGER_FILES, VIEW_FILES

WIDEST = 100
LONGEST_WITHOUT_STEPS = 25

_COMMENT_LINE = re.compile(r"^\s*--", re.MULTILINE)


def test_a_line_has_at_most_100_columns() -> None:
    wide = [
        f"{file.relative_to(DB)}:{number}"
        for file in [*FUNCTION_FILES, *TRIGGER_FILES, *VIEW_FILES]
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if len(line) > WIDEST
    ]

    assert wide == []


def test_a_body_of_more_than_25_lines_has_a_comment_that_names_a_step() -> None:
    silent = [
        name
        for name, function in ALL_FUNCTIONS.items()
        if len(function.written_body.strip().splitlines()) > LONGEST_WITHOUT_STEPS
        and not _COMMENT_LINE.search(function.written_body)
    ]

    assert silent == []


def test_the_list_of_the_areas_has_each_folder_of_functions_once() -> None:
    document = (ROOT / "requirement" / "architecture.md").read_text()
    [areas] = re.findall(r"^### The areas of db/functions\n(.*?)^## ", document, re.MULTILINE | re.DOTALL)
    listed = re.findall(r"`(\w+)`", "".join(line.split("|")[2] for line in areas.splitlines() if line.count("|") == 3))
    assert sorted(listed) == sorted(path.name for path in (DB / "functions").iterdir())
