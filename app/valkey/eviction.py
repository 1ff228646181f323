"""Whether a full Valkey would delete keys of the mirror, or leases."""


def eviction_fault(policy: str, maxmemory: int) -> str | None:
    """What is wrong with `maxmemory-policy` at this `maxmemory` (bytes, 0 without a limit); None when all is well."""
    if maxmemory == 0 or policy == "noeviction":
        return None
    lost = "any key of the mirror" if policy.startswith("allkeys-") else "the leases of people who are connected"
    return f"maxmemory-policy is {policy}: a full Valkey deletes {lost}. Set it to noeviction."
