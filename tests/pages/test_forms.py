"""What is typed in a field, as a value of an operation's body."""

import pytest

from app.pages.forms import whole


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12500", 12500), (" 12.500 ", 12500), ("1,250,000", 1250000), ("0", 0), ("007", 7)],
)
def test_a_whole_number_may_have_its_thousands_grouped(typed: str, number: int) -> None:
    assert whole(typed) == number


@pytest.mark.parametrize(
    "typed",
    ["1.000,00", "12500.50", "1.5", "1.000.00", "1.000,000", "1.0000", ".500", "12.", "-5", "", "five", "9" * 20, "²"],
)
def test_what_may_mean_another_number_stays_text_for_the_operation_to_refuse(typed: str) -> None:
    assert whole(typed) == typed
