"""What a run found, in a few lines."""

from statistics import median

from rich.console import Console
from rich.table import Table

from tests.chaos import convergence
from tests.chaos.run import ChaosReport


def tell(report: ChaosReport, console: Console | None = None) -> None:
    """Print how often each step happened, how soon everything came back, and every broken promise."""
    console = console or Console(width=120)
    table = Table("after", "times", "back after (median)", "(most)", box=None, pad_edge=False)
    for name, seconds in sorted(report.came_back.items()):
        table.add_row(name, str(len(seconds)), f"{median(seconds):.1f} s", f"{max(seconds):.1f} s")
    console.print(table)
    converged = convergence.outcome(report)
    table = Table("converged", "times", "median", "most", "at most", box=None, pad_edge=False)
    for target, samples in zip(converged.targets, converged.samples.values(), strict=True):
        values = [sample[convergence.SECONDS] for sample in samples]
        cells = (f"{median(values):.2f}", f"{max(values):.2f}", f"{target.at_most:g}")
        table.add_row(target.what.partition(":")[0], str(len(values)), *cells)
    console.print(table)
    console.print(convergence.summary(report), highlight=False)
    if report.refused:
        refused = ", ".join(f"{count} × {what}" for what, count in report.refused.most_common())
        console.print(f"Refused: {refused}.", highlight=False, markup=False)
    for late in report.late:
        console.print(f"Late: {late}", highlight=False, markup=False)
    for step in report.not_made:
        console.print(f"Could not be made: {step}", highlight=False, markup=False)
    for violation in report.violations:
        console.print(f"BROKEN: {violation}", style="red", highlight=False, markup=False)
    console.print("All promises kept." if report.is_good else report.said, highlight=False, markup=False)
