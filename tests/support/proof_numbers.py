"""What the proof has run, said at the end of a test run: tests record it as properties of theirs."""

from collections.abc import Iterator
from typing import Any

import pytest

ORDERS = "proof: orders"
CAUGHT = "proof: caught"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many orders were run, and what caught each planted bug."""
    orders = list(_recorded(terminalreporter, ORDERS))
    caught = list(_recorded(terminalreporter, CAUGHT))
    if orders:
        pairs, found, runs = (sum(numbers) for numbers in zip(*orders, strict=True))
        terminalreporter.section("interleavings")
        terminalreporter.line(f"{pairs} pairs of calls met in {found} orders, in {runs} runs")
    if caught:
        terminalreporter.section("planted bugs")
        for row in sorted(caught):
            terminalreporter.line(row)


def _recorded(terminalreporter: pytest.TerminalReporter, name: str) -> Iterator[Any]:
    for report in terminalreporter.getreports("passed"):
        yield from (value for key, value in report.user_properties if key == name)
