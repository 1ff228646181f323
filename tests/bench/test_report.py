"""Rows are compared round by round, and the page says first what is not reached."""

from functools import partial
from pathlib import Path

import pytest

from bench import report
from bench.results import Result
from bench.row import Outcome, Run, Sample, Target, bound, in_turn, ratio


def test_each_round_begins_with_another_contender() -> None:
    order: list[str] = []

    def contender(name: str) -> Sample:
        order.append(name)
        return {"n": len(order)}

    samples = in_turn(Run(rounds=3), {name: partial(contender, name) for name in "abc"})

    assert "".join(order) == "abcbcacab"
    assert [sample["n"] for sample in samples["a"]] == [1, 6, 8]


def test_a_ratio_is_taken_in_each_round() -> None:
    ours, theirs = ([{"per second": rate} for rate in rates] for rates in ([10.0, 40.0, 60.0], [10.0, 20.0, 20.0]))

    assert ratio("", ours, theirs, at_least=2).rounds == [1, 2, 3]
    assert ratio("", ours, theirs, at_least=2).is_met
    assert not ratio("", ours, theirs, at_least=2.1).is_met
    assert not bound("", ours, "per second", at_most=39).is_met


def test_a_target_asks_for_one_thing() -> None:
    for bounds in ({}, {"at_least": 1.0, "at_most": 2.0}):
        with pytest.raises(ValueError, match="either at_least or at_most"):
            Target("rate", [1.0], **bounds)


def test_the_page_says_first_what_is_not_reached_and_keeps_what_people_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "README.md"
    page.write_text(f"before\n{report.BEGIN}old\n{report.END}after\n")
    monkeypatch.setattr(report, "PAGE", page)
    samples = {"ours": [{"per second": 30.0, "p99 ms": 2.0}], "theirs": [{"per second": 20.0}]}
    outcome = Outcome([
        ratio("rate ÷ theirs", samples["ours"], samples["theirs"], at_least=1.5),
        bound("p99 in ms", samples["ours"], "p99 ms", at_most=1),
    ], samples)  # fmt: skip

    report.write([Result("heartbeat", "today", "a machine", "make bench", 0.0, outcome)])

    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert text.index("Not reached: 1 of 2") < text.index("p99 in ms") < text.index("Reached: 1 of 2")
    assert "| theirs | 20.0 |  |" in text
