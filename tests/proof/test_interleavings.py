"""Calls that meet end as if one had come after the other, whatever the order of their lock points."""

import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pytest

from tests.proof.interleavings import Explorer
from tests.proof.situations import SITUATIONS
from tests.proof.sizes import PAIRS_APART
from tests.proof.stage import Situation, Stage, pairs
from tests.support.proof_numbers import ORDERS
from tests.support.sizes import TURN
from tests.support.sources import ALL_FUNCTIONS, FUNCTIONS, reached_from

pytestmark = pytest.mark.grows

# Who locks an account and changes nothing that anything else here is judged by.
OF_NO_CONCERN = {
    *("api.open_cc_login", "api.register_push_token", "api.update_profile"),
    *("api.open_cc_web_session", "api.open_display", "api.revoke_display", "api.request_data_export"),
}
LOCK = re.compile(
    r"core\.(customers|mitras|chat_sessions|pairing_offers|session_extensions|payment_requests)\b"
    r"[^;]*?\bFOR\s+(NO\s+KEY\s+UPDATE|UPDATE|SHARE)\b"
)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=SITUATIONS)
def test_in_all_orders_every_pair_of_calls_ends_as_one_after_the_other(
    situation: Situation, explorer: Explorer, record_property: Callable[[str, object], None]
) -> None:
    stage = Stage(explorer.control)
    commands = situation(stage)
    explorer.start_from_here(stage.names)

    for first, second in islice(pairs(commands), TURN - 1, None, PAIRS_APART):
        explorer.check(first, second)

    count = explorer.count
    record_property(ORDERS, (count.pairs, count.orders, count.runs))
    assert count.orders >= 2 * count.pairs  # the one first, the other first, and where they can meet


def test_every_call_that_takes_a_lock_meets_others() -> None:
    locking = {
        name
        for name in FUNCTIONS
        if name.startswith("api.") and any(LOCK.search(ALL_FUNCTIONS[each].body) for each in reached_from(name))
    }
    here = Path(__file__).parent
    text = "".join(path.read_text() for path in (here / "stage.py", *(here / "situations").glob("*.py")))

    assert locking - set(re.findall(r"\bapi\.\w+", text)) == OF_NO_CONCERN


@pytest.mark.parametrize(
    ("situation", "verbs", "left_out"),
    [("mitra_alone", ("go", "beat"), 0.5), ("active", ("end", "mark"), 0.5), ("offered_to_two", ("decline", "30"), 0)],
)
def test_orders_left_out_lead_to_nothing_else(
    situation: str, verbs: tuple[str, str], left_out: float, stepped_url: str
) -> None:
    with Explorer(stepped_url) as explorer:
        explorer.clear()
        stage = Stage(explorer.control)
        commands = SITUATIONS[situation](stage)
        explorer.start_from_here(stage.names)
        first, second = (next(one for one in commands if one.name.startswith(verb)) for verb in verbs)

        run, results = explorer.results(first, second)
        all_run, all_results = explorer.results(first, second, all_orders=True)

    assert results == all_results
    assert run <= all_run * (1 - left_out)
