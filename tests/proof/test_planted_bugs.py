"""The checkers are checked: a bug that is planted is caught."""

from collections.abc import Callable, Iterator

import pytest

from tests.proof.bugs import Bug
from tests.proof.interleavings import Explorer
from tests.proof.planted import ALL_BUGS, SWITCHES, as_row, catch
from tests.support.proof_numbers import CAUGHT
from tests.support.sizes import IS_PROOF, in_turn

pytestmark = [
    pytest.mark.grows,
    pytest.mark.skipif(not IS_PROOF, reason="`make proof` plants bugs, and CI a third of them"),
]


@pytest.fixture
def explorer(stepped_url: str) -> Iterator[Explorer]:
    """Runs calls in as many orders as it takes to catch every planted bug."""
    with Explorer(stepped_url, switches=SWITCHES) as explorer:
        explorer.clear()
        yield explorer


@pytest.mark.parametrize("bug", in_turn(ALL_BUGS), ids=lambda bug: bug.name.replace(" ", "_"))
def test_a_planted_bug_is_caught(
    bug: Bug, explorer: Explorer, played_url: str, record_property: Callable[[str, object], None]
) -> None:
    caught = catch(bug, explorer, played_url)

    assert caught is not None
    record_property(CAUGHT, as_row(bug, caught))
