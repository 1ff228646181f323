"""SQL is laid out for people. sqlfluff takes a body between $$ for one string, so its lines are held here."""

import re

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
