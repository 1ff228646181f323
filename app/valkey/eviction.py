"""Whether a Valkey that is full deletes what the mirror and the leases need."""


def eviction_fault(policy: str, maxmemory: int) -> str | None:
    """What is wrong with `maxmemory-policy` at this `maxmemory` (bytes, 0 without a limit); None when nothing is."""
    if maxmemory == 0 or policy == "noeviction":
        return None
    lost = "any key of the mirror" if policy.startswith("allkeys-") else "the leases of people who are connected"
    return f"maxmemory-policy is {policy}: a full Valkey deletes {lost}. Set it to noeviction."
