"""All orders of the lock points of calls that meet, and what must hold after each.

The orders are found by running. Wherever one of two steps could have come first and it matters which, the other order
is run as well; orders that differ only in neighbouring steps that do not concern each other are the same, and one of
them is run (dynamic partial-order reduction with sleep sets: Flanagan and Godefroid, 2005). Two steps concern each
other when they lock, write or wait for a common row, which PostgreSQL tells by the rows' xmax after each step; when
they write keys of a common table, of rows that nobody else can see yet; and always when one of them ends a transaction
or moves the clock, since what the other reads depends on that.

After each order no invariant is broken, nobody was told anything but a refusal, and replies and rows are those of the
calls one after the other, in an order that respects time: a call that ended before another one had its first lock came
before it. So whoever waits for a lock judges by what it finds after the wait, the clock included.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg

from tests.proof.picture import Camera, Locks, Picture, Snapshot, difference
from tests.proof.stepping import Actor, Outcome, State, Stepper

# What must never be; and what must not be here, where no maximum is lowered below what a mitra holds.
_VIOLATIONS: LiteralString = """
SELECT invariant, subject, details FROM ops.invariant_violations
UNION ALL
SELECT 'no mitra holds more than it may', mitra.id::text, load.capacity::text
FROM core.mitras AS mitra JOIN core.mitra_loads AS load ON load.mitra_id = mitra.id
WHERE load.capacity > core.max_sessions(mitra)
UNION ALL
SELECT 'nobody is told the same twice in one transaction', recipient, type
FROM core.events GROUP BY xmin, recipient, type, payload HAVING count(*) > 1
"""
# More than any pair has: one that exceeds it has too many steps that concern each other.
_MOST_ORDERS = 20_000
_RUNS_BETWEEN_VACUUMS = 200


@dataclass(frozen=True)
class Command:
    """A call by name; a span of time that passes, when it has no query.

    What a call leaves to be done (`leaves_work`) is done before results are compared; replies that depend on how much
    of that was done are not compared (`replies`). One that `passes_over` what others are busy with may not wait for it;
    one that `comes_again` does it the next time.
    """

    name: str
    query: LiteralString = ""
    params: tuple[object, ...] = ()
    seconds: int = 0
    leaves_work: bool = False
    replies: bool = True
    passes_over: bool = False
    comes_again: bool = False


@dataclass(frozen=True)
class Result:
    """What there is after a run: the outcome of each command, and the rows."""

    outcomes: tuple[str, ...]
    picture: Picture


@dataclass
class Count:
    """How much was run; runs are the orders, those given up as like another, and each call alone after the other."""

    pairs: int = 0
    orders: int = 0
    runs: int = 0


class BrokenError(AssertionError):
    """An order after which something does not hold."""


@dataclass(frozen=True)
class _Step:
    """One step that was made."""

    by: int
    at: str
    touched: frozenset[str] = frozenset()
    is_boundary: bool = False

    def concerns(self, other: "_Step") -> bool:
        """Whether it may matter which of the two comes first."""
        return self.is_boundary or other.is_boundary or not self.touched.isdisjoint(other.touched)


@dataclass
class _Point:
    """A moment of a run: who could be stepped, who need not be, who was, who is still to be."""

    enabled: tuple[int, ...]
    asleep: Mapping[int, _Step]
    choice: int
    step: _Step = field(default_factory=lambda: _Step(-1, ""))
    done: dict[int, _Step] = field(default_factory=dict)
    wanted: set[int] = field(default_factory=set)


@dataclass
class _Run:
    """A run to its end: its steps, and which command ended before which other had its first lock."""

    steps: list[_Step]
    before: set[tuple[int, int]]
    outcomes: list[str]
    complaint: str | None

    @property
    def order(self) -> tuple[int, ...] | None:
        """Who came after whom, if nobody began before somebody else had ended."""
        by = [step.by for step in self.steps]
        order = tuple(dict.fromkeys(by))
        return order if by == sorted(by, key=order.index) else None

    def allows(self, order: tuple[int, ...]) -> bool:
        """Whether the commands may be thought of as having come one after the other like this."""
        return all(order.index(first) < order.index(second) for first, second in self.before)


class Explorer:
    """Runs commands in all orders, from one state of an instrumented database (`tests.proof.instrument`)."""

    def __init__(self, url: str, *, switches: float = math.inf) -> None:
        """`url` names the database, as a superuser; `switches`, how often an order may leave a call that can go on."""
        self._most_switches = switches
        self._stepper = Stepper(url)
        self.control = self._stepper.control
        self._camera = Camera(self.control)
        self._locks = Locks(self.control)
        self._nothing = Snapshot(url, "nothing")
        self._here = Snapshot(url, "here")
        self._clock = self._ids = 0
        self._rows_of: dict[int, set[str]] = {}
        self.count = Count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._nothing.close()
        self._here.close()
        self._stepper.close()

    def clear(self) -> None:
        """Have no rows but those that there were first."""
        self._nothing.restore()

    def start_from_here(self, names: Mapping[UUID, str]) -> None:
        """Let the present rows, called by these names, be what every run starts from."""
        self._camera.names = names
        self._clock = self._value("SELECT last_value FROM proof.clock")
        self._ids = self._value("SELECT last_value FROM proof.ids")
        self._here.take()

    def check(self, *commands: Command) -> None:
        """Run the commands in every order; raise BrokenError when one is not as it must be."""
        self.count.pairs += 1
        runs = []
        for run, result in self._runs(commands):
            self.count.orders += 1
            complaint = run.complaint or self._violations()
            if complaint is not None:
                raise BrokenError(_story(commands, run, result, [complaint]))
            runs.append((run, result))
        serial = {order: result for run, result in runs if (order := run.order)}
        for order in permutations(range(len(commands))):
            if order not in serial:
                serial[order] = self._one_by_one(commands, order)
        for run, result in runs:
            allowed = {order: expected for order, expected in serial.items() if run.allows(order)}
            if result not in allowed.values():
                raise BrokenError(_story(commands, run, result, _differences(commands, result, allowed)))

    def results(self, *commands: Command, all_orders: bool = False) -> tuple[int, set[Result]]:
        """In how many orders the commands were run, and everything that came of it; `all_orders` leaves none out."""
        results = [result for _, result in self._runs(commands, all_orders=all_orders)]
        return len(results), set(results)

    def _runs(self, commands: Sequence[Command], *, all_orders: bool = False) -> Iterator[tuple[_Run, Result]]:
        points: list[_Point] = []
        orders = 0
        while True:
            run = self._run(commands, points)
            if run is not None:
                orders += 1
                assert orders <= _MOST_ORDERS, f"{[command.name for command in commands]} meet in too many orders"
                yield run, self._result(commands, run.outcomes)
            if all_orders:
                for point in points:
                    point.asleep, point.wanted = {}, set(point.enabled)
            else:
                _look_for_races(points)
            if commands[0] == commands[-1]:
                points[0].wanted = set()  # a call that meets itself: the other one first is the same
            while points:
                last = points[-1]
                last.done[last.choice] = last.step
                left = last.wanted - last.asleep.keys() - last.done.keys()
                left = {choice for choice in left if _switches(points, choice) <= self._most_switches}
                if left:
                    last.choice = min(left)
                    break
                points.pop()
            if not points:
                return

    def _run(self, commands: Sequence[Command], points: list[_Point]) -> _Run | None:
        """Run along the points, then on to the end; None when every way on is the same as one that was run."""
        self._restore()
        free = iter(self._stepper.actors)
        actors = [next(free) if command.query else None for command in commands]
        for actor, command in zip(actors, commands, strict=True):
            if actor is not None:
                actor.prepare(command.query, command.params)
        self._rows_of = {index: set() for index in range(len(commands))}
        run = _Run([], set(), [], None)
        ended: set[int] = set()
        asleep: dict[int, _Step] = {}
        held = self._locks.held()
        while enabled := tuple(index for index in range(len(commands)) if self._may_step(index, actors, ended)):
            if len(run.steps) == len(points):
                awake = [index for index in enabled if index not in asleep]
                if not awake:
                    self._stepper.abandon()
                    return None
                going_on = points[-1].choice if points else 0
                points.append(_Point(enabled, asleep, going_on if going_on in awake else awake[0]))
            point = points[len(run.steps)]
            assert point.enabled == enabled, "the same steps have led to another state"
            actor = actors[point.choice]
            if actor is not None and len(ended) == len(commands) - 1:
                self._stepper.finish(actor)
                point.step = _Step(point.choice, "to its end", is_boundary=True)
            else:
                point.step, held = self._step(point.choice, commands[point.choice], actor, held)
            run.steps.append(point.step)
            known = {**point.asleep, **point.done}
            asleep = {index: step for index, step in known.items() if not step.concerns(point.step)}
            for index, actor in enumerate(actors):
                if index not in ended and (index == point.choice if actor is None else actor.has_ended):
                    ended.add(index)
                    run.before |= {
                        (index, later)
                        for later, other in enumerate(actors)
                        if later not in ended and other is not None and not other.has_locked
                    }
        run.outcomes = ["" if actor is None else str(actor.outcome) for actor in actors]
        run.complaint = next((actor.complaint for actor in actors if actor is not None and actor.complaint), None)
        return run

    def _may_step(self, index: int, actors: Sequence[Actor | None], ended: set[int]) -> bool:
        actor = actors[index]
        if index in ended or actor is not None:
            return index not in ended and actor is not None and actor.state is not State.BLOCKED
        # Between judging and writing there is no time to speak of.
        return all(
            other is None or not other.has_written or other.state in (State.DONE, State.ENDED) for other in actors
        )

    def _step(
        self, index: int, command: Command, actor: Actor | None, held: frozenset[str]
    ) -> tuple[_Step, frozenset[str]]:
        if actor is None:
            self._pass(command)
            return _Step(index, "time passes", is_boundary=True), held
        at = {State.READY: "begin", State.DONE: "commit"}.get(actor.state, actor.at)
        self._stepper.step(actor)
        now_held = self._locks.held()
        touched = actor.keys | {lock.rsplit(" ", 1)[0] for lock in now_held - held}
        if actor.state is State.BLOCKED:
            row = self._locks.awaited(actor.pid)
            touched |= {row} if row else set().union(*self._rows_of.values())
            if command.passes_over:
                actor.complaint = f"{command.name} waits for somebody who is busy with {row or 'a row'}"
        self._rows_of[index] |= touched
        return _Step(index, at, frozenset(touched), actor.has_ended), now_held

    def _one_by_one(self, commands: Sequence[Command], order: Sequence[int]) -> Result:
        self._restore()
        outcomes = [""] * len(commands)
        for index in order:
            if commands[index].query:
                outcomes[index] = str(self._call(commands[index]))
            else:
                self._pass(commands[index])
        return self._result(commands, outcomes)

    def _call(self, command: Command) -> Outcome:
        call = psycopg.ClientCursor(self.control).mogrify(command.query, command.params)
        return Outcome.of(self.control.pgconn.exec_(call.encode()))

    def _result(self, commands: Sequence[Command], outcomes: Sequence[str]) -> Result:
        for command in commands:
            if command.comes_again:
                self._call(command)
        if any(command.leaves_work for command in commands):
            self.control.execute("SELECT proof.drain()")
        times = all(command.query for command in commands)
        return Result(
            tuple(
                self._camera.masked(outcome, times=times) if command.replies else ""
                for command, outcome in zip(commands, outcomes, strict=True)
            ),
            self._camera.take(times=times),
        )

    def _restore(self) -> None:
        self.count.runs += 1
        if self.count.runs % _RUNS_BETWEEN_VACUUMS == 0:
            self.control.execute("VACUUM")
        self._here.restore()
        self.control.execute("SELECT setval('proof.clock', %s), setval('proof.ids', %s)", [self._clock, self._ids])

    def _pass(self, command: Command) -> None:
        self.control.execute("SELECT setval('proof.clock', last_value + %s) FROM proof.clock", [command.seconds])

    def _violations(self) -> str | None:
        rows = self.control.execute(_VIOLATIONS).fetchall()
        return "\n".join(self._camera.masked(": ".join(row), times=True) for row in rows) or None

    def _value(self, query: LiteralString) -> Any:
        row = self.control.execute(query).fetchone()
        assert row is not None
        return row[0]


def _switches(points: Sequence[_Point], choice: int) -> int:
    """How often a call is left that could go on, should this be the choice at the last point."""
    choices = [*(point.choice for point in points[:-1]), choice]
    following = zip(choices, choices[1:], points[1:], strict=False)
    return sum(former != later and former in point.enabled for former, later, point in following)


def _look_for_races(points: Sequence[_Point]) -> None:
    """Want, before each step that raced with a later one, whoever made the later one."""
    steps = [point.step for point in points]
    before: list[set[int]] = []  # the steps that each step had to come after
    for number, step in enumerate(steps):
        former = {index for index in range(number) if steps[index].by == step.by or steps[index].concerns(step)}
        earlier = set().union(*(before[index] for index in former))
        for race in former - earlier:
            if steps[race].by != step.by:
                for point in reversed(points[: race + 1]):  # to where the later one could have been stepped
                    if step.by in point.enabled:
                        point.wanted.add(step.by)
                        break
                    point.wanted.update(point.enabled)
        before.append(former | earlier)


def _story(commands: Sequence[Command], run: _Run, result: Result, wrong: Iterable[str]) -> str:
    """An order, what came of it, and what is wrong with that."""
    return "\n".join(
        [
            " ∥ ".join(command.name for command in commands),
            *(f"  {commands[step.by].name}: {step.at}" for step in run.steps),
            *(f"outcome of {one.name}: {outcome}" for one, outcome in zip(commands, result.outcomes, strict=True)),
            *wrong,
        ]
    )


def _differences(
    commands: Sequence[Command], result: Result, allowed: Mapping[tuple[int, ...], Result]
) -> Iterator[str]:
    for order, expected in allowed.items():
        yield "not as after " + ", ".join(commands[index].name for index in order) + ":"
        for command, wanted, got in zip(commands, expected.outcomes, result.outcomes, strict=True):
            if wanted != got:
                yield f"  outcome of {command.name}: {wanted}"
        yield from difference(expected.picture, result.picture)
