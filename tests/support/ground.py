"""What the suite runs on: one Valkey, PostgreSQL itself and one process for an API, unless TEST_ON names other ground.

`make test ON=cluster` sets it; several words are separated by commas. No test knows of it: the fixtures `valkey_url`,
`own_valkey` and `app_url` lead to the servers, and the settings of `SETTINGS` are in the environment, where settings
and processes find them. A test that means nothing there says so: `@pytest.mark.not_on("cluster", "why")`.
"""

import os
from collections.abc import Sequence

import pytest

from tests.support.valkey_cluster import PREFIX
from tests.support.waiting import VALKEY_TIMEOUT_MS

SETTINGS = {
    "cluster": {"VALKEY_KEY_PREFIX": PREFIX},
    "pooler": {},
    "workers": {"API_WORKERS": "2"},
}
"""By ground, the settings of every process: Valkey Cluster, PgBouncer in transaction mode, an API of two processes."""

ON = frozenset(filter(None, os.environ.get("TEST_ON", "").split(",")))
"""The ground of this run."""

assert SETTINGS.keys() >= ON, f"TEST_ON: {', '.join(sorted(ON - SETTINGS.keys()))} is none of {', '.join(SETTINGS)}"

_INHERITED = ("API_WORKERS", "LISTEN_DATABASE_URL", "VALKEY_KEY_PREFIX", "VALKEY_TIMEOUT_MS")


def settings() -> dict[str, str]:
    """The settings of this run for every process: also patience with a Valkey that has to wait for the processor."""
    of_grounds = {name: value for ground in sorted(ON) for name, value in SETTINGS[ground].items()}
    return {"VALKEY_TIMEOUT_MS": str(VALKEY_TIMEOUT_MS), **of_grounds}


def inherited() -> dict[str, str]:
    """Those settings in the environment now, and what a fixture adds, for a process that gets no other of them."""
    return {name: os.environ[name] for name in _INHERITED if name in os.environ}


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Skip what means nothing on the ground of this run."""
    for item in items:
        for mark in item.iter_markers("not_on"):
            ground, why = mark.args
            assert ground in SETTINGS, f"{item.nodeid} is marked as not on {ground}"
            if ground in ON:
                item.add_marker(pytest.mark.skip(reason=f"not on a {ground}: {why}"))
