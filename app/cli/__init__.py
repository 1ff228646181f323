"""`halobestie`: a command for each process, and for each task that people do from a shell.

Exit codes: 0 it is done; 1 it did not work, and the last line of stderr says why and what to do; 2 settings or
arguments are wrong, with one line for each fault.
"""

import sys
from typing import NoReturn

from app.runtime.garbage_collection import look_seldom


def main() -> NoReturn:
    """Run the command line."""
    look_seldom()  # imports make objects that stay: to look for garbage among them takes a tenth of the start
    from app.cli.commands import cli
    from app.cli.expected_errors import expected_errors_said

    with expected_errors_said():
        cli(prog_name="halobestie")
    sys.exit(0)
