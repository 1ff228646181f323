"""How much of the proof is run: in `make test` what fits beside the other tests, in `make proof` all, in CI a third."""

import os

from tests.support.sizes import IS_PROOF, TURN, TURNS, share

SWITCHES = float(os.environ.get("PROOF_SWITCHES", "inf" if IS_PROOF else "1"))
"""How often an order of two calls may leave a call that can go on; `inf`: as often as there is something new."""

PAIRS_APART = int(os.environ.get("PROOF_PAIRS_APART", TURNS if IS_PROOF else 36))
"""Of the pairs of calls in a situation, each so many-th is run."""

OPERATIONS = int(os.environ.get("PROOF_OPERATIONS", 4 * share(25_000) if IS_PROOF else 4000))
"""Each of four connections makes as many."""
EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", share(200) if IS_PROOF else 15))
STEPS = int(os.environ.get("PROOF_STEPS", "50"))
SEED = int(os.environ.get("PROOF_SEED", (TURN - 1) * EXAMPLES))
