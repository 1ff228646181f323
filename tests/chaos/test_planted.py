"""The planted bugs still have the lines that they change; whether a run catches them, `make chaos PLANTED=1` shows."""

from pathlib import Path

import pytest

from tests.chaos.faults import CATALOGUE
from tests.chaos.planted import PLANTED, Planted
from tests.support.command import ROOT


@pytest.mark.parametrize("bug", PLANTED, ids=[bug.name for bug in PLANTED])
def test_a_planted_bug_changes_a_line_that_is_there(bug: Planted, tmp_path: Path) -> None:
    planted = (bug.plant(tmp_path) / bug.file).read_text()
    assert planted != (ROOT / bug.file).read_text()
    assert {*bug.faults} <= {*CATALOGUE}
