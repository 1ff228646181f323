"""What lies in the tables, so that a test can say that nothing changed."""

import psycopg


def digests(conn: psycopg.Connection) -> dict[str, str]:
    """A digest of the rows of each table."""
    tables = conn.execute(
        "SELECT oid::regclass::text FROM pg_class"
        " WHERE relnamespace = 'core'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"
    ).fetchall()
    queries = [
        f"SELECT '{name}', md5(coalesce(string_agg(held::text, '|' ORDER BY held::text), '')) FROM {name} AS held"
        for (name,) in tables
    ]
    return dict(conn.execute(" UNION ALL ".join(queries).encode()).fetchall())


def changed(conn: psycopg.Connection, before: dict[str, str]) -> set[str]:
    """The tables whose rows are other than `before`."""
    return {name for name, digest in digests(conn).items() if digest != before[name]}
