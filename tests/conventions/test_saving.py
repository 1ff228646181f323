"""A function that writes a changed row back writes every column that may change, also one that is yet to come."""

import re

import psycopg

from tests.support.sources import FUNCTIONS

# What is known when the row is made, and never changes by its being saved.
KEPT = {
    "core.save_sessions": {"id", "customer_id", "created_at"},
    "core.save_payment": {
        "id", "customer_id", "package_id", "duration_minutes", "amount", "is_extension", "is_first_session_discount",
        "provider", "provider_ref", "provider_payment_ref", "provider_channel", "checkout_url", "expires_at",
        "created_at", "preferred_mitra_id",
    },
}  # fmt: skip
_SAVED = re.compile(r"(\w+) = (?:saved|p_\w+)\.\1\b")


def test_what_saves_a_row_saves_each_column_or_says_here_that_it_never_changes(conn: psycopg.Connection) -> None:
    savers = conn.execute(
        r"""
        SELECT 'core.' || p.proname, array_agg(a.attname::text)
        FROM pg_proc AS p
        JOIN pg_type AS argument ON argument.oid = p.proargtypes[0]
        JOIN pg_type AS rowtype ON rowtype.oid = coalesce(nullif(argument.typelem, 0), argument.oid)
        JOIN pg_attribute AS a ON a.attrelid = rowtype.typrelid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE p.pronamespace = 'core'::regnamespace AND p.proname LIKE 'save\_%'
        GROUP BY 1
        """
    ).fetchall()
    assert {name for name, _ in savers} == KEPT.keys()
    for name, columns in savers:
        update = FUNCTIONS[name].body.partition("UPDATE core.")[2]
        saved = set(_SAVED.findall(update.partition("WHERE")[0]))
        assert saved | KEPT[name] == set(columns), f"{name}: {set(columns) ^ (saved | KEPT[name])}"
        assert not saved & KEPT[name], name
