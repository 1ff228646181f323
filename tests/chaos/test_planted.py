"""The planted bugs still have the lines that they change; whether a run catches them, `make chaos PLANTED=1` shows."""

from pathlib import Path

import pytest

from tests.chaos.faults import CATALOGUE
from tests.chaos.place import ABLE, ONE_LEADS
from tests.chaos.planted import PLANTED, Planted
from tests.support.command import ROOT


@pytest.mark.parametrize("bug", PLANTED, ids=[bug.name for bug in PLANTED])
def test_a_planted_bug_changes_a_line_that_is_there(bug: Planted) -> None:
    changed = bug.changed()
    assert changed != (ROOT / bug.file).read_text()
    if bug.file.endswith(".py"):
        compile(changed, bug.file, "exec")
    assert {*bug.faults} <= {*CATALOGUE}


def test_a_bug_is_planted_in_a_copy(tmp_path: Path) -> None:
    bug = PLANTED[0]
    copy = bug.plant(tmp_path)
    assert (copy / bug.file).read_text() == bug.changed() != (ROOT / bug.file).read_text()
    assert (copy / "app/__main__.py").exists()


def test_no_two_bugs_are_alike() -> None:
    assert len({bug.name for bug in PLANTED}) == len({(bug.file, bug.wrong) for bug in PLANTED}) == len(PLANTED) >= 26


def test_a_bug_is_seen_in_the_promise_that_it_breaks_and_in_no_other() -> None:
    bug = next(bug for bug in PLANTED if bug.promise == ONE_LEADS)
    assert bug.is_seen_in(["money: 1", f"leader_killed: not within 30 s: {ONE_LEADS}: 0 do"])
    assert not bug.is_seen_in([f"leader_killed: not within 30 s: {ABLE}: api-1"])
    assert not bug.is_seen_in([])
