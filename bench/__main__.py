"""Measures rows, keeps what each found in `bench/results`, and writes `bench/README.md` and `bench/plots` from it.

    python -m bench [heartbeat ...] [--rounds 5] [--seconds 5] [--full] [--report]

Without names it measures every row. `bench/row.py` says what a row is. `--report` only writes the page again.
"""

import argparse
import os
import sys
import traceback

from bench import plots, report
from bench.results import Result
from bench.row import Outcome, Run
from bench.rows import ROWS, load


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__.partition("\n")[0])
    parser.add_argument("rows", nargs="*", metavar="row", help=f"one or several of: {', '.join(ROWS)}")
    parser.add_argument("--rounds", type=int, default=Run().rounds)
    parser.add_argument("--seconds", type=float, default=Run().seconds, help="of each contender in each round")
    parser.add_argument("--full", action="store_true", help="with the sizes that take long")
    parser.add_argument("--report", action="store_true", help="measure nothing")
    arguments = parser.parse_args()
    if unknown := set(arguments.rows) - set(ROWS):
        parser.error(f"no such row: {', '.join(sorted(unknown))}; there are: {', '.join(ROWS)}")
    run = Run(arguments.rounds, arguments.seconds, arguments.full)
    failed = []
    for name in [] if arguments.report else arguments.rows or ROWS:
        print(f"{name} …", flush=True)
        load_before = os.getloadavg()[0]
        try:
            result = Result.of(name, run, load(name).measure(run), load_before)
        except Exception:  # noqa: BLE001  # the other rows are measured all the same
            traceback.print_exc()
            failed.append(name)
        else:
            result.save()
            print(report.figures(result.outcome), flush=True)
    print(report.summary(_write_page()))
    if failed:
        print(f"Not measured, for the reasons above: {', '.join(failed)}")
    return 1 if failed else 0


def keep(row: str, command: str, outcome: Outcome, load_before: float) -> None:
    """Keep what another program measured as a row's last result, and write the page."""
    Result.now(row, command, outcome, load_before).save()
    _write_page()


def _write_page() -> list[Result]:
    results = Result.all()
    report.write(results)
    for result in results:
        plots.draw(result)
    return results


if __name__ == "__main__":
    sys.exit(main())
