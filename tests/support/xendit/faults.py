"""What goes wrong at the provider, as often as it is told to."""

import asyncio
import random
from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One request that does not get its answer: after `seconds` and `gate` it gets `status` and `body`, or hangs.

    With `is_heard` it has its effect all the same, which only the answer would have told.
    """

    status: int | None = None
    body: bytes = b""
    seconds: float = 0.0
    gate: asyncio.Event | None = None
    hangs: bool = False
    is_heard: bool = False


def answers(status: int, *, is_heard: bool = False, body: bytes = b'{"error_code": "SERVER_ERROR"}') -> Fault:
    """Another answer than was hoped for."""
    return Fault(status=status, body=body, is_heard=is_heard)


def hangs(*, is_heard: bool = False) -> Fault:
    """No answer at all."""
    return Fault(hangs=True, is_heard=is_heard)


def slow(seconds: float) -> Fault:
    """The right answer, late."""
    return Fault(seconds=seconds, is_heard=True)


def held(gate: asyncio.Event) -> Fault:
    """The right answer, once the gate opens."""
    return Fault(gate=gate, is_heard=True)


class Faults:
    """What the next requests meet: those planned for an operation first, then by chance."""

    def __init__(self, *, error_rate: float = 0.0, hang_rate: float = 0.0, rng: random.Random | None = None) -> None:
        """An operation is a method and a template, such as `POST /refunds`; chance takes a part of all requests."""
        self.always: dict[str, Fault] = {}
        self._planned: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self._error_rate = error_rate
        self._hang_rate = hang_rate
        self._rng = rng or random.Random()

    def plan(self, operation: str, *faults: Fault) -> None:
        """Let the next requests of an operation meet these, one after the other."""
        self._planned[operation].extend(faults)

    def next(self, operation: str) -> Fault | None:
        """What this request meets."""
        if self._planned[operation]:
            return self._planned[operation].popleft()
        if operation in self.always:
            return self.always[operation]
        if self._rng.random() < self._error_rate:
            return answers(503, is_heard=self._rng.random() < 0.5)
        if self._rng.random() < self._hang_rate:
            return hangs(is_heard=self._rng.random() < 0.5)
        return None
