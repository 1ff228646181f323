"""How much is run of what takes long: in `make test` what fits beside the other tests, in `make proof` all of it."""

import os

IS_WHOLE = os.environ.get("PROOF") == "whole"
