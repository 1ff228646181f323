"""How fast is too fast."""

import pytest

from app.problems import Problem
from app.sockets import pace
from app.sockets.pace import Pace


class Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(pace, "monotonic", clock)
    return clock


def steps(one: Pace, user: str, tries: int) -> int:
    """How many of so many tries are let through."""
    count = 0
    for _ in range(tries):
        try:
            one.step(user)
            count += 1
        except Problem:
            pass
    return count


@pytest.mark.parametrize(("rate", "most", "later"), [("10 per 5 seconds", 10, 0.6), ("60 per 10 seconds", 60, 0.17)])
def test_so_many_at_once_and_then_one_by_one_for_each_user(clock: Clock, rate: str, most: int, later: float) -> None:
    one = Pace(rate)
    assert steps(one, "a", 2 * most) == most
    assert steps(one, "b", 2 * most) == most
    clock.now += later
    assert steps(one, "a", 3) == 1
    clock.now += 60
    assert steps(one, "a", 2 * most) == most


def test_a_refusal_says_how_long_to_wait_and_is_not_counted(clock: Clock) -> None:
    one = Pace("2 per hour")
    assert steps(one, "a", 5) == 2
    with pytest.raises(Problem) as refusal:
        one.step("a")
    assert (refusal.value.code, refusal.value.headers["Retry-After"]) == ("RATE_LIMITED", "1800")
    clock.now += 1800
    assert steps(one, "a", 5) == 1


def test_who_has_not_come_for_long_is_forgotten(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pace, "REMEMBERED", 100)
    one = Pace("1 per minute")
    for number in range(1_000):
        one.step(f"{number}")
        clock.now += 1
        assert len(one._paid_until) <= 100
    assert steps(one, "999", 1) == 0
