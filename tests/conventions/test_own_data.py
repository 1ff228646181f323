"""Every column that can say something of a person is in core.personal_places, or belongs to a table about nobody."""

import psycopg

ABOUT_NOBODY = {
    "_yoyo_log": "migrations",
    "_yoyo_migration": "migrations",
    "_yoyo_version": "migrations",
    "app_config": "rules of the business",
    "applied_files": "migrations",
    "awaited_replies": "which session's first reply is awaited",
    "deadline_runs": "how late due work was",
    "failed_deadlines": "which work failed, with PostgreSQL's error",
    "figure_builds": "figures",
    "figure_changes": "figures",
    "figures": "figures",
    "leaderships": "processes",
    "made_roles": "names of roles",
    "mass_silence": "all mitras together",
    "message_counters": "how many messages a session has",
    "message_templates": "texts of pushes",
    "mitra_loads": "the present number of sessions, counted from them",
    "mitra_reroutes": "work to be done in a moment",
    "mitra_withdrawals": "work to be done in a moment",
    "offer_dispatches": "when an offer was told",
    "payout_periods": "until when earnings were gathered",
    "price_packages": "what can be bought",
    "reply_deadlines": "work to be done soon",
    "roles": "permissions",
    "session_warnings": "work to be done soon",
    "sweep_runs": "the listener's work",
}

COLUMNS = """
SELECT c.relname, array_agg(a.attname::text),
    array_agg(a.attname::text) FILTER (WHERE a.atttypid IN ('text'::regtype, 'jsonb'::regtype, 'bytea'::regtype)
        OR a.attndims > 0)
FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'core'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname
"""


def test_every_column_that_can_hold_personal_data_is_listed(conn: psycopg.Connection) -> None:
    columns = {table: (set(all_of), set(of_words or ())) for table, all_of, of_words in conn.execute(COLUMNS)}
    places: dict[str, set[str]] = {}
    twice: list[tuple[str, str]] = []
    seen: set[tuple[str, str]] = set()
    for relation, user_types, shown, kept_back in conn.execute(
        "SELECT relation, user_types, shown, kept_back FROM core.personal_places()"
    ):
        places.setdefault(relation, set()).update(shown, kept_back)
        twice += [(relation, user_type) for user_type in user_types if (relation, user_type) in seen]
        seen |= {(relation, user_type) for user_type in user_types}

    assert set(columns) - set(places) == set(ABOUT_NOBODY)
    assert {table: of_words - places[table] for table, (_, of_words) in columns.items() if table in places} == {
        table: set() for table in places
    }
    assert {table: of_place - columns[table][0] for table, of_place in places.items()} == {
        table: set() for table in places
    }
    assert twice == []


def test_no_secret_is_given_out(conn: psycopg.Connection) -> None:
    shown = {row[0] for row in conn.execute("SELECT DISTINCT unnest(shown) FROM core.personal_places()")}
    assert {name for name in shown if "hash" in name or name.endswith(("_ref", "_key"))} == set()
    assert not shown & {"mitra_id", "customer_id", "sender_id", "actor_id", "confirmed_by", "user_id"}
