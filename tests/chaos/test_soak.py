"""A soak tells what grows from what stays level."""

from collections.abc import Sequence

import pytest

from tests.chaos.soak import Level, Look, Soak


def levels(name: str, values: Sequence[float]) -> list[Level]:
    """How a value went that was looked at once a minute, after 1,000 rows more each time."""
    soak = Soak()
    soak.looks = [Look(60.0 * minute, {name: value}, 1_000.0 * minute) for minute, value in enumerate(values)]
    return soak.levels()


@pytest.mark.parametrize(
    ("name", "values", "is_level"),
    [
        ("memory in MB, api-1", [50, 90, 100, 101, 100, 102, 101, 109], True),
        ("memory in MB, api-1", [100, 110, 120, 130, 140, 150, 160, 170], False),
        ("file handles, api-1", [20, 20, 20, 20, 24, 24, 24, 24], True),
        ("file handles, api-1", [20, 20, 20, 20, 40, 60, 80, 100], False),
        ("connections, halo_app", [10, 10, 10, 10, 10, 30, 30, 30], False),
        ("dead rows", [0, 4_000, 9_000, 200, 4_000, 9_000, 300, 4_000], True),
        ("dead rows", [0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000, 35_000], False),
        ("partitions", [40, 40, 40, 40, 40, 40, 41, 41], False),
        ("log in kB by 1,000 rows written, api-1", [0, 10, 20, 30, 40, 50, 60, 70, 80], True),
        ("log in kB by 1,000 rows written, api-1", [0, 10, 20, 30, 40, 60, 80, 100, 120], False),
    ],
)
def test_what_grows_is_told_from_what_stays(name: str, values: Sequence[float], is_level: bool) -> None:
    (level,) = levels(name, values)
    assert level.is_level is is_level


def test_the_level_is_of_the_second_and_of_the_last_quarter() -> None:
    (level,) = levels("memory in MB, api-1", [10, 20, 100, 102, 500, 100, 90, 94])
    assert (level.before, level.after, level.most) == (101, 92, 500)


def test_what_was_seen_too_seldom_is_not_judged() -> None:
    assert levels("partitions", [1, 2, 3]) == []
