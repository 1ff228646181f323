"""How much of the proof is run: `make test` runs what fits beside the other tests, `make proof` and CI all of it."""

import os

from tests.support.sizes import IS_WHOLE

SWITCHES = float(os.environ.get("PROOF_SWITCHES", "inf" if IS_WHOLE else "1"))
"""How often an order of two calls may leave a call that can go on; `inf`: as often as there is something new."""

PAIRS_APART = int(os.environ.get("PROOF_PAIRS_APART", "1" if IS_WHOLE else "36"))
"""Of the pairs of calls in a situation, each so many-th is run."""

OPERATIONS = int(os.environ.get("PROOF_OPERATIONS", "100000" if IS_WHOLE else "4000"))
EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "200" if IS_WHOLE else "15"))
STEPS = int(os.environ.get("PROOF_STEPS", "50"))
SEED = int(os.environ.get("PROOF_SEED", "0"))
