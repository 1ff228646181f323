"""The state machine plays random commands against the SQL API and a model of the rules; they agree after each of them.

`tests/proof/machine.py` is a Hypothesis state machine. Each scene has three mitras, three customers and three packages
in a transaction that is rolled back at its end. Every step draws a command and who it is about, mostly one that makes
sense, now and then one out of place; or some time passes, by moving every stamp of the scene into the past. The model
(`tests/proof/model.py`, made of the chapters in `tests/proof/rules/`) says beforehand what the answer is and what is
left behind: who holds what, every deadline, each rupiah, and who is told what. The first difference ends the scene, and
Hypothesis looks for the fewest commands that show it. At the end of each scene `ops.invariant_violations` is read.

A difference in money alone is no difference in a scene that took the test itself a second or more: that second is money
in the database, and no time in the model. A scene that took 15 seconds is given up: its times can't be told apart.

`make test` plays 15 scenes of 50 steps, `make proof` 200, the same ones each time. `PROOF_EXAMPLES`, `PROOF_STEPS` and
`PROOF_SEED` play more, longer or others: `PROOF_EXAMPLES=5000 PROOF_SEED=1 make test ARGS=tests/proof/test_machine.py`.
"""

from collections import Counter

import pytest

from tests.proof.playing import play
from tests.proof.sizes import EXAMPLES, SEED, STEPS

pytestmark = pytest.mark.grows

PARTS = 4


@pytest.mark.timeout(600 + EXAMPLES * STEPS // 10)
@pytest.mark.parametrize("part", range(PARTS))
def test_the_database_does_what_the_rules_say(played_url: str, part: int) -> None:
    examples = EXAMPLES // PARTS
    seen: Counter[str] = Counter()

    disagreement = play(played_url, examples=examples, steps=STEPS, seed=SEED + part * examples, shrink=True, seen=seen)

    assert disagreement is None, disagreement
