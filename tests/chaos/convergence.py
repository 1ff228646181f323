"""How soon everything converged: what a run measured, against how soon it must be (`bench/README.md` has the table)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.row import Outcome, Target

if TYPE_CHECKING:
    from tests.chaos.run import ChaosReport, Taken

SECONDS = "seconds"
LATE_SECONDS = 1.0
"""A mirror is late when it lacks for longer what was committed."""

Figures = Callable[["ChaosReport", "Taken"], float]


def _mirror_from_the_fault(report: "ChaosReport", taken: "Taken") -> float:
    """How long after the fault readers could learn from the mirror, for good, what was committed.

    Being late by less than a second is no fault; so when nothing was worse, it is how late the mirror was.
    """
    late_by = [(span, span.within(taken.began, taken.back)) for span in report.onlooker.behind]
    ends = [span.ended for span, seconds in late_by if seconds > LATE_SECONDS or (seconds and span.was_away)]
    return max(ends) - taken.began if ends else max((seconds for _, seconds in late_by), default=0.0)


def _deadlines_from_the_end(report: "ChaosReport", taken: "Taken") -> float:
    """How long after the end of the fault a deadline was more than 1.5 seconds overdue."""
    late = (span for span in report.onlooker.late if span.began < taken.back and span.ended > taken.mended)
    return max((span.ended - taken.mended for span in late), default=0.0)


def _longest_without_socket(report: "ChaosReport", taken: "Taken") -> float:
    return max((span.within(taken.began, taken.back) for span in report.unconnected), default=0.0)


def _exit(report: "ChaosReport", taken: "Taken") -> float:
    return max(seconds for began, seconds in report.ends if taken.began <= began <= taken.mended)


def _unanswered(report: "ChaosReport", taken: "Taken") -> float:
    """Requests on their way at SIGTERM that got no answer."""
    return sum(
        one.status == 0 and one.began <= began <= one.ended
        for began, _ in report.ends
        if taken.began <= began <= taken.mended
        for one in report.history.operations
    )


@dataclass(frozen=True)
class Bound:
    """Within how many seconds something has converged after these faults."""

    what: str
    faults: Sequence[str]
    at_most: float
    figure: Figures


BOUNDS = (
    Bound("mirror, leading listener killed", ("leader_killed",), 6, _mirror_from_the_fault),
    Bound("mirror, other listener killed", ("follower_killed",), 1, _mirror_from_the_fault),
    Bound(
        "mirror, the leader's connection half-open",
        ("way_of_leader_to_postgres_deaf", "way_of_leader_to_valkey_deaf"),
        10,
        _mirror_from_the_fault,
    ),
    Bound("mirror, FLUSHALL", ("valkey_emptied",), 5, _mirror_from_the_fault),
    Bound(
        "deadlines, PostgreSQL back",
        ("postgres_killed", "postgres_restarted", "postgres_paused"),
        3,
        _deadlines_from_the_end,
    ),
    Bound("sockets resumed, connections cut", ("way_to_clients_cut",), 2, _longest_without_socket),
    Bound("exit of an app, SIGTERM", ("api_ended",), 9, _exit),
    Bound("requests at SIGTERM without an answer", ("api_ended",), 0, _unanswered),
)
"""Of a fault that happened alone, without a second fault beside it."""

FAULTS = tuple(dict.fromkeys(fault for bound in BOUNDS for fault in bound.faults))
"""The faults that are needed for every figure."""


def outcome(report: "ChaosReport") -> Outcome:
    """What a run measured, for the table."""
    found = [*_healthy(report), *_after_faults(report)]
    return Outcome(
        [Target(f"{what}: the longest", [max(values)], at_most=at_most) for what, at_most, values in found],
        {what: [{SECONDS: value} for value in values] for what, _, values in found},
        drawn=SECONDS,
        notes=[summary(report)],
    )


def summary(report: "ChaosReport") -> str:
    """What happened in a run, in a sentence."""
    counts = report.history.counts()
    outcomes = ", ".join(f"{count:,} {what}" for what, count in counts.items())
    return (
        f"Seed {report.seed}, {report.seconds:.0f} s, among {len(report.onlooker.crowd):,} other mitras:"
        f" {report.faults.total()} faults of {len(report.faults)} kinds,"
        f" {sum(counts.values()):,} operations ({outcomes}), {len(report.violations)} promises broken."
    )


def _healthy(report: "ChaosReport") -> Iterator[tuple[str, float, list[float]]]:
    """Before the first fault."""
    onlooker = report.onlooker
    until = report.taken[0].began if report.taken else float("inf")
    if lags := [seconds for at, seconds in onlooker.lags if at < until]:
        yield "mirror, nothing broken", 1, lags
    if overdue := [seconds for at, seconds in onlooker.overdue if at < until]:
        yield "most overdue deadline, nothing broken", 1.5, overdue


def _after_faults(report: "ChaosReport") -> Iterator[tuple[str, float, list[float]]]:
    for bound in BOUNDS:
        values = [bound.figure(report, taken) for taken in report.taken if taken.name in bound.faults]
        if values:
            yield bound.what, bound.at_most, values
