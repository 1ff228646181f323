"""The checkers are checked: a bug that is planted is caught."""

from collections.abc import Callable

import pytest

from tests.proof.interleavings import Explorer
from tests.proof.planted import BUGS, Bug, as_row, catch
from tests.support.proof_numbers import CAUGHT


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name.replace(" ", "_"))
def test_a_planted_bug_is_caught(
    bug: Bug, explorer: Explorer, played_url: str, record_property: Callable[[str, object], None]
) -> None:
    caught = catch(bug, explorer, played_url)

    assert caught is not None
    record_property(CAUGHT, as_row(bug, caught))
