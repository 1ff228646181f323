"""`db/README.md` says what is so: every example of it runs, in its order, and answers as the page shows."""

import re
from collections.abc import Callable
from typing import NamedTuple

from tests.support.psql import ROOT, run

MANUAL = (ROOT / "db" / "README.md").read_text()
# Ids, times and process numbers differ from run to run.
_NUMBER = re.compile(r"\d[\d.:]*")
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Example(NamedTuple):
    """Statements of the page, and the lines it shows of their answer."""

    typed: str
    shown: list[str]


def examples() -> list[Example]:
    """The page's examples in their order; what is shown belongs to the block before it."""
    found: list[Example] = []
    for language, text in _BLOCK.findall(MANUAL):
        if language == "sql":
            found.append(Example(text, []))
        elif language == "text":
            found[-1].shown.extend(text.splitlines())
    return found


def words(line: str) -> str:
    """A line of psql's output without its layout and its numbers."""
    return _NUMBER.sub("#", " | ".join(cell.strip() for cell in line.split("|")))


def test_there_are_examples() -> None:
    assert len(examples()) > 12
    assert sum(len(example.shown) for example in examples()) > 20


def test_every_example_runs_for_a_dba_and_answers_as_the_page_shows(role_url: Callable[[str], str]) -> None:
    typed = "".join(
        f"\\echo == example {number}\n{example.typed}" for number, example in enumerate(examples(), start=1)
    )
    typed += "\\echo == example 0\nSELECT count(*) AS violated FROM ops.invariant_violations;\n"
    done = run(role_url("halo_dba"), typed=typed)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout

    _, *answers, violated = re.split(r"^== example \d+\n", done.stdout, flags=re.MULTILINE)
    missing = {
        line
        for example, answer in zip(examples(), answers, strict=True)
        for line in example.shown
        if words(line) not in [words(answered) for answered in answer.splitlines()]
    }
    assert missing == set(), done.stdout
    assert [line.strip() for line in violated.splitlines()][2] == "0"


def test_every_thing_of_ours_that_the_page_names_is_there(role_url: Callable[[str], str]) -> None:
    named = sorted(set(re.findall(r"\b(?:api|ops)\.\w+", MANUAL)))
    checks = "".join(
        f"SELECT '{name}' WHERE to_regclass('{name}') IS NULL AND to_regproc('{name}') IS NULL;\n" for name in named
    )
    assert len(named) > 25
    assert run(role_url("halo_dba"), "-At", typed=checks).stdout == ""
