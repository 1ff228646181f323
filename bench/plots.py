"""The plots, as SVG: bars of one figure of each contender, or lines of what grows."""

import statistics
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from bench.results import Result

FOLDER = Path(__file__).with_name("plots")
WIDTH = 8.0
"""In inches."""
OURS, THEIRS = "tab:orange", "tab:gray"


def draw(result: Result) -> None:
    """Write the row's plot."""
    FOLDER.mkdir(exist_ok=True)
    # The same result makes the same file, and texts stay texts.
    with mpl.rc_context({"svg.hashsalt": result.row, "svg.fonttype": "none"}):
        figure = _lines(result) if result.outcome.curves else _bars(result)
        figure.savefig(FOLDER / f"{result.row}.svg", metadata={"Date": None}, bbox_inches="tight")


def _bars(result: Result) -> Figure:
    drawn = result.outcome.drawn
    values = {who: [one[drawn] for one in rounds if drawn in one] for who, rounds in result.outcome.samples.items()}
    values = {who: rounds for who, rounds in values.items() if rounds}
    medians = [statistics.median(rounds) for rounds in values.values()]
    figure = Figure(figsize=(WIDTH, 0.8 + 0.4 * len(values)))
    axes = figure.subplots()
    bars = axes.barh(list(values), medians, color=[OURS, *[THEIRS] * (len(values) - 1)])
    spread = [
        (median - min(rounds), max(rounds) - median) for median, rounds in zip(medians, values.values(), strict=True)
    ]
    axes.errorbar(medians, range(len(values)), xerr=list(zip(*spread, strict=True)), fmt="none", ecolor="black")
    axes.bar_label(bars, labels=[f"{median:,.4g}" for median in medians], padding=4, label_type="center")
    axes.invert_yaxis()
    axes.set_title(f"{result.what}: {drawn}")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def _lines(result: Result) -> Figure:
    figure = Figure(figsize=(WIDTH, 4.5))
    axes = figure.subplots()
    for name, curve in result.outcome.curves.items():
        axes.plot(list(curve), list(curve.values()), marker="o", label=name)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_title(f"{result.what}, {result.outcome.unit}")
    axes.grid(alpha=0.3)
    axes.legend()
    return figure
