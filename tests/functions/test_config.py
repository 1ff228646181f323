"""Operators who change a rule at the same moment."""

from collections import Counter
from collections.abc import Callable

from tests.support.people import People
from tests.support.together import statement, together

CHANGE = "SELECT (api.set_config('blast_size', to_jsonb(%s::integer), p_version => 1) ->> 'version')::integer"
UNDO = "SELECT (api.undo_config('blast_size', 2) ->> 'version')::integer"


def test_of_many_who_change_a_rule_at_once_one_does_and_of_many_who_undo_it_one_does(
    people: People, role_url: Callable[[str], str]
) -> None:
    changed = together(role_url("halo_cc"), [statement(CHANGE, 20 + n) for n in range(10)])
    assert Counter(changed) == {2: 1, "VERSION_MISMATCH": 9}
    undone = together(role_url("halo_cc"), [statement(UNDO) for _ in range(10)])
    assert Counter(undone) == {3: 1, "VERSION_MISMATCH": 9}
    assert people.value("SELECT api.get_config('blast_size')") == 10
    changes = people.value("SELECT count(*) FROM core.audit_log WHERE action = 'config.update'")
    assert changes == 2
