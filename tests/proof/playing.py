"""How scenes are played."""

from collections import Counter

import hypothesis
import psycopg
from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tests.proof.machine import Machine
from tests.proof.scene import empty, make_helpers

SCENES_A_RUN = 10
"""Of more than that, Hypothesis makes most by varying those it has played."""


def play(
    url: str, *, examples: int, steps: int, seed: int, shrink: bool = False, seen: Counter[str] | None = None
) -> str | None:
    """Play scenes against a database: the first disagreement as text, with the commands that led to it, or None.

    What was in the database is gone afterwards. The same seed plays the same scenes; `shrink` looks for the fewest
    commands that disagree, which takes a while; `seen` counts what each command came to.
    """
    disagreements: list[str] = []
    with psycopg.connect(url, autocommit=True) as conn:
        make_helpers(conn)

        class Played(Machine):
            def __init__(self) -> None:
                super().__init__(conn, Counter() if seen is None else seen, disagreements)

        for played in range(0, examples, SCENES_A_RUN):
            empty(conn)
            try:
                run_state_machine_as_test(
                    hypothesis.seed(seed + played)(Played),
                    settings=settings(
                        max_examples=min(SCENES_A_RUN, examples - played),
                        stateful_step_count=steps,
                        database=None,
                        deadline=None,
                        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
                        report_multiple_bugs=False,
                        suppress_health_check=list(HealthCheck),
                        verbosity=Verbosity.quiet,
                    ),
                )
            except AssertionError:
                if not disagreements:
                    raise
                return disagreements[-1]
            except Flaky:
                # A scene that is given up once and not again, because the machine is slow, says nothing.
                if disagreements:
                    return disagreements[-1]
    return None
