"""Which limits and policies of Valkey endanger the mirror."""

import pytest

from app.valkey.eviction import eviction_fault


@pytest.mark.parametrize(
    ("policy", "maxmemory", "words"),
    [
        ("noeviction", 1_000_000, None),
        ("allkeys-lru", 0, None),
        ("allkeys-lru", 1_000_000, "any key of the mirror"),
        ("volatile-ttl", 1_000_000, "the leases of people who are connected"),
    ],
)
def test_a_policy_matters_only_with_a_limit(policy: str, maxmemory: int, words: str | None) -> None:
    fault = eviction_fault(policy, maxmemory)
    assert (fault is None) == (words is None)
    assert words is None or words in str(fault)
