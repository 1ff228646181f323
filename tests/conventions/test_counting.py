"""Triggers that count what rows stand for differ by names alone.

PostgreSQL keeps the plan of a statement that names its counting function. A statement made of a trigger's argument is
planned anew at each write: 194 µs against 24 for one offer. So each table has its own trigger function, and this test
holds the copies together.
"""

import re

import pytest

from tests.support.sources import DB

ON_INSERT = (
    *("balance_entries", "chat_messages", "customer_transactions", "deadline_runs", "mitra_earnings"),
    "pairing_failures",
)
ON_EVERY_CHANGE = ("chat_sessions", "pairing_offers", "payment_requests", "payouts", "session_extensions")
OF_SESSIONS_ALONE = re.compile(r"\n\n        -- A mitra's clock begins.*?ON CONFLICT DO NOTHING;", re.DOTALL)


def without_names(table: str) -> str:
    """The trigger file of a table, without comments of people, the table's name and that of the counting function."""
    text = (DB / "triggers" / f"{table}__300_count.sql").read_text()
    text = re.sub(r"IS \$\$.*?\$\$", "", OF_SESSIONS_ALONE.sub("", text), flags=re.DOTALL)
    text, counted = re.subn(r"core\.\w+_figures\(", "core.figures_of_a_row(", text)
    assert counted
    return text.replace(table, "table")


@pytest.mark.parametrize("tables", [ON_INSERT, ON_EVERY_CHANGE], ids=["on insert", "on every change"])
def test_triggers_that_count_differ_by_names_alone(tables: tuple[str, ...]) -> None:
    first, *others = map(without_names, tables)

    assert [table for table, text in zip(tables[1:], others, strict=True) if text != first] == []


def test_every_trigger_that_counts_is_among_them() -> None:
    named = {path.name.partition("__")[0] for path in (DB / "triggers").glob("*__300_count.sql")}

    assert named == {*ON_INSERT, *ON_EVERY_CHANGE}
