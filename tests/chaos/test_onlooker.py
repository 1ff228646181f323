"""The onlooker sees what a mirror must not hold, and for how long readers could not learn what was committed."""

import time
from typing import Any

import pytest
import valkey
from valkey.backoff import NoBackoff
from valkey.retry import Retry

from tests.chaos.onlooker import DEACTIVATED, Onlooker, Span, Touch

CROWD = ("A", "B", "C", "D")


def onlooker() -> Onlooker:
    """Somebody who has touched mitra B after mitra A, which the mirror had, and has seen leader 7."""
    one = Onlooker("", "", CROWD)
    one.before, one.touched, one.is_awaited = Touch("A", 10, 0.0), Touch("B", 20, time.monotonic()), True
    one.judge([len(CROWD), DEACTIVATED, b"7", b"5", b"10 1"], time.monotonic())
    assert one.complaints == []
    return one


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ([3, DEACTIVATED, b"7", b"5", b"10"], "of 3 mitras"),
        ([4, 0, b"7", b"5", b"10"], "0 mitras deactivated"),
        ([4, DEACTIVATED, b"6", b"5", b"10"], "leader 6 wrote after leader 7"),
        ([4, DEACTIVATED, b"7", b"5", b"9 1"], "went back from version 10"),
        ([4, DEACTIVATED, b"7", b"5", None], "went back from version 10"),
    ],
)
def test_a_whole_mirror_that_lacks_something_is_complained_of(answer: list[Any], complaint: str) -> None:
    one = onlooker()
    one.judge(answer, time.monotonic())
    assert len(one.complaints) == 1
    assert complaint in one.complaints[0]


def test_the_mirror_is_behind_from_the_commit_until_it_has_the_version() -> None:
    one = onlooker()
    assert [(span.began, span.ended) for span in one.behind] == [(one.touched.at, float("inf"))]
    one.judge([len(CROWD), DEACTIVATED, b"8", b"20 3", b"10"], time.monotonic())
    assert one.behind[0].ended < float("inf")
    assert [at for at, _ in one.lags] == [one.touched.at]
    assert one.complaints == []
    one.judge([len(CROWD), DEACTIVATED, None, b"20", b"20"], time.monotonic())
    assert one.complaints == []
    one.judge([len(CROWD), DEACTIVATED, b"8", b"19", b"19"], time.monotonic())
    assert len(one.complaints) == 1


def test_a_span_counts_from_the_fault_until_its_own_end() -> None:
    assert Span(5, 9).within(6, 7) == 3
    assert Span(5, 9).within(1, 6) == 4
    assert Span(5, 9).within(10, 12) == Span(5, 9).within(1, 4) == 0


def test_a_mirror_that_is_not_whole_is_away_and_one_that_is_late_is_not() -> None:
    one = onlooker()
    assert [span.was_away for span in one.behind] == [False]
    with valkey.Valkey(port=1, retry=Retry(NoBackoff(), 0)) as nothing:
        one._look(nothing, "", "")
    assert [span.was_away for span in one.behind] == [True]
