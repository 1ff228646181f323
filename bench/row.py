"""What a row is, and how a row compares.

A row is a module of `bench/rows` with three names:

    WHAT = "heartbeat, HTTP"                                  the table's first column
    WORKLOAD = "64 keep-alive connections, 10,000 mitras"     how it is measured, in a sentence
    def measure(run: Run) -> Outcome: ...                     starts its servers, measures, ends them

`measure` brings its contenders, ours and the yardsticks, and lets `in_turn` measure each once a round. A contender is
a function without arguments that loads its server for a round and returns a `Sample`: figures by name, such as those
of `bench.http_load.load`. `ratio` makes a target of two contenders, `bound` of one. For growth, `Outcome.curves` holds
a cost at each size. `bench.stage` starts the stores, processes of ours and yardsticks, and puts each on its cores.

    def measure(run: Run) -> Outcome:
        with stage(pinned=True) as on, on.api() as port, on.running("bare", [...]) as other:
            samples = in_turn(run, {"ours": lambda: load(on, "api", port, ...), "bare": lambda: load(on, "bare", ...)})
        return Outcome([ratio("of a bare callable", samples["ours"], samples["bare"], at_least=1.5)], samples)
"""

import statistics
from collections.abc import Callable, Mapping, Sequence

import msgspec

RATE = "per second"
PROCESSOR = "CPU µs each"
PER_CORE = "per second of a core"
P50 = "p50 ms"
P99 = "p99 ms"

Sample = dict[str, float]
"""What one round of one contender measured, by the name of the figure."""

Samples = dict[str, list[Sample]]
"""By contender, a sample a round."""


class Run(msgspec.Struct, frozen=True):
    """How much is measured. `is_full` asks for the sizes that take long, up to a million."""

    rounds: int = 5
    seconds: float = 5.0
    is_full: bool = False


class Target(msgspec.Struct):
    """A figure, in each round, and what its median should be: at least, or at most."""

    what: str
    rounds: list[float]
    at_least: float | None = None
    at_most: float | None = None

    def __post_init__(self) -> None:
        """A figure of which nothing is asked is no target: the page could not say whether it is reached."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError(f"the target {self.what!r} needs either at_least or at_most")

    @property
    def reached(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)

    @property
    def is_met(self) -> bool:
        """Whether the target is reached."""
        return (self.at_least is None or self.reached >= self.at_least) and (
            self.at_most is None or self.reached <= self.at_most
        )


class Outcome(msgspec.Struct):
    """What a row measured."""

    targets: list[Target]
    samples: Samples = {}
    drawn: str = RATE
    """The figure of the samples that the plot shows."""
    curves: dict[str, dict[int, float]] = {}
    """What grows: by name, the cost at each size. Where there are curves, the plot shows them."""
    unit: str = ""
    """The unit of the curves."""
    notes: list[str] = []
    """Sentences for the reader: what bounded the measurement, what was left out and why."""


def in_turn(run: Run, contenders: Mapping[str, Callable[[], Sample]]) -> Samples:
    """Measure each contender once a round; each round begins with another, so whatever drifts falls on all alike."""
    names = list(contenders)
    samples: Samples = {name: [] for name in names}
    for number in range(run.rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(contenders[name]())
    return samples


def ratio(
    what: str,
    ours: Sequence[Sample],
    theirs: Sequence[Sample],
    of: str = RATE,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
) -> Target:
    """A figure of ours over the yardstick's, round by round."""
    return Target(what, [a[of] / b[of] for a, b in zip(ours, theirs, strict=True)], at_least, at_most)


def bound(what: str, ours: Sequence[Sample], of: str, *, at_most: float) -> Target:
    """A figure of ours that has a bound of its own."""
    return Target(what, [sample[of] for sample in ours], at_most=at_most)
