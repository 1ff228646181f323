"""Failed pairings on the page: the filter offers every cause."""

import re

from app.pages.pairings import CAUSES
from tests.support.sources import FUNCTIONS

WRITES = re.compile(r"INSERT INTO core\.pairing_failures \([^)]*\)\s*(?:SELECT|VALUES \()\s*('\w+')?")
ENDS = re.compile(r"core\.enter_final\(\s*\w+, 'failed',(.*?)(?:v_now|clock_timestamp)", re.DOTALL)


def test_every_cause_that_is_written_down_can_be_chosen() -> None:
    bodies = {name: function.body for name, function in FUNCTIONS.items() if not name.startswith("core.seed_demo")}
    assert {name for name, body in bodies.items() if WRITES.search(body)} == {
        "core.abandon_searches",
        "core.resolve_extension",
        "core.run_deliveries",
        "core.run_first_replies",
    }
    everything = "\n".join(bodies.values())
    of_money = re.findall(r"core\.owe_back\(p_payment, 'failed', '(\w+)'", bodies["core.take_money"])
    of_extensions = re.findall(r"core\.resolve_extension\(\s*\w+, '\w+', '(\w+)'", everything)
    of_searches = re.findall(r"(?:^|THEN|ELSE)\s*'(\w+)'", "\n".join(ENDS.findall(everything)), re.MULTILINE)
    others = [cause.strip("'") for cause in WRITES.findall(everything) if cause]
    no_failure = {"payment_expired"}  # a link that ran out
    assert {*of_money, *of_extensions, *of_searches, *others} - no_failure == set(CAUSES)
