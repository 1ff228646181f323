"""How much of the proof is run: `make test` runs what fits beside the other tests, `make proof` all of it."""

import os

SWITCHES = float(os.environ.get("PROOF_SWITCHES", "2"))
"""How often an order of two calls may leave a call that can go on; `inf`: as often as there is something new."""

OPERATIONS = int(os.environ.get("PROOF_OPERATIONS", "25000"))
EXAMPLES = int(os.environ.get("PROOF_EXAMPLES", "200"))
STEPS = int(os.environ.get("PROOF_STEPS", "50"))
SEED = int(os.environ.get("PROOF_SEED", "0"))
