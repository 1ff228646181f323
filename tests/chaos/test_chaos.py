"""A fleet keeps using the system while everything around it breaks, and no promise is broken."""

import random
from itertools import islice
from pathlib import Path

import pytest

from app.development.processes import Family
from tests.chaos.faults import CATALOGUE, possible
from tests.chaos.report import tell
from tests.chaos.run import run
from tests.chaos.schedule import Step, steps
from tests.support.sizes import IS_PROOF, share

FAULTS, CROWD = (share(20), 1_000) if IS_PROOF else (3, 100)


@pytest.mark.grows
async def test_no_promise_is_broken_while_one_thing_after_the_other_breaks(server_directory: Path) -> None:
    with Family() as family:
        report = await run(
            family,
            server_directory,
            seed=7,
            catalogue=possible(),
            is_enough=lambda report: report.faults.total() >= FAULTS,
            crowd=CROWD,
            patience=3.0,
        )
    tell(report)
    assert report.violations == []
    assert report.history.counts()["ok"] >= 50


def test_a_seed_draws_the_same_schedule_again_and_each_round_has_every_fault_once() -> None:
    def drawn(seed: int) -> list[Step]:
        return [*islice(steps(random.Random(seed), [*CATALOGUE.values()]), 60)]

    assert drawn(1) == drawn(1) != drawn(2)
    names = [one.name for step in drawn(1) for one in step.faults]
    assert sorted(names[: len(CATALOGUE)]) == sorted(CATALOGUE)
    assert len(CATALOGUE) >= 55
    pairs = [step.faults for step in drawn(1) if len(step.faults) == 2]
    assert pairs
    assert all(not one.concerns & other.concerns for one, other in pairs)
