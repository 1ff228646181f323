"""The page that people read: what is not reached first, then each row's targets, figures and plot."""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.results import Result
from bench.row import Outcome, Sample, Target

PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- measured -->\n", "<!-- end of measured -->\n"


def write(results: Sequence[Result]) -> None:
    """Write the part of the page between the marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    told = [f"{summary(results)}\n", *_table(results), *(line for result in results for line in _section(result))]
    PAGE.write_text(f"{before}{BEGIN}\n" + "\n".join(told) + f"\n{END}{after}")


def summary(results: Sequence[Result]) -> str:
    """What is not reached, and then what is."""
    all_ = [(result.what, target) for result in results for target in result.outcome.targets]
    lines = []
    for title, is_met in (("Not reached", False), ("Reached", True)):
        these = [f"- {what}: {target.what} {told(target)}" for what, target in all_ if target.is_met is is_met]
        lines += [f"**{title}: {len(these)} of {len(all_)} targets.**\n", *these, ""]
    return "\n".join(lines).rstrip()


def told(target: Target) -> str:
    """A target in words: its median, the least and the most, and what it should be."""
    wanted = f"≥ {target.at_least:g}" if target.at_least is not None else f"≤ {target.at_most:g}"
    spread = f"{number(min(target.rounds))} to {number(max(target.rounds))}" if len(target.rounds) > 1 else "one round"
    return f"**{number(target.reached)}** ({spread}; {wanted})"


def figures(outcome: Outcome) -> str:
    """A table of what was measured: for each contender the median of each figure, with the least and the most."""
    names = list(dict.fromkeys(name for rounds in outcome.samples.values() for sample in rounds for name in sample))
    lines = [f"| | {' | '.join(names)} |", f"|---{'|---:' * len(names)}|"] if names else []
    for contender, rounds in outcome.samples.items():
        cells = (_cell(rounds, name) for name in names)
        lines.append(f"| {contender} | {' | '.join(cells)} |")
    if outcome.curves:
        sizes = sorted({size for curve in outcome.curves.values() for size in curve})
        lines += ["", f"| {outcome.unit} at | {' | '.join(f'{size:,}' for size in sizes)} |"]
        lines.append(f"|---{'|---:' * len(sizes)}|")
        for name, curve in outcome.curves.items():
            lines.append(f"| {name} | {' | '.join(number(curve[s]) if s in curve else '' for s in sizes)} |")
    return "\n".join(lines)


def number(value: float) -> str:
    """Three figures that count."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.{1 if value >= 10 else 2 if value >= 0.1 else 4}f}"


def _table(results: Iterable[Result]) -> list[str]:
    lines = ["| what | target | median (least to most; target) | | load before |", "|---|---|---|---|---:|"]
    for result in results:
        for target in result.outcome.targets:
            what = f"[{result.what}](#{result.row})"
            met = "✓" if target.is_met else "**not**"
            lines.append(f"| {what} | {target.what} | {told(target)} | {met} | {result.load_before:.1f} |")
    return [*lines, ""]


def _section(result: Result) -> list[str]:
    return [
        f'### <a id="{result.row}"></a>{result.what}',
        "",
        f"{result.workload}",
        "",
        f"{result.date} UTC, load {result.load_before:.1f} before, {result.machine}: `{result.command}`",
        "",
        figures(result.outcome),
        "",
        *(f"{note}\n" for note in result.outcome.notes),
        f"![{result.what}](plots/{result.row}.svg)",
        "",
    ]


def _cell(rounds: Sequence[Sample], name: str) -> str:
    values = [sample[name] for sample in rounds if name in sample]
    if not values:
        return ""
    if len(values) == 1:
        return number(values[0])
    return f"{number(statistics.median(values))} ({number(min(values))}–{number(max(values))})"
