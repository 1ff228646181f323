"""No statement on a hot path scans a table that grows: every plan of every statement in every function is looked at."""

import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import psycopg

SEED = Path(__file__).with_name("seed.sql")
# More than the limit of any call here asks for.
MANY_ROWS = 250
# What stays as small as it is, however many people come.
SMALL = {
    "app_config",
    "applied_files",
    "control_center_users",
    "leaderships",
    "message_templates",
    "price_packages",
    "roles",
}
# What is read whole where the question is about all that is going on now, and which holds nothing that is over: the
# fleet, changes of figures that are not folded yet, and indexes of open sessions, live offers and mitras online.
NOW = {
    "chat_sessions_one_open",
    "figure_changes",
    "mitra_online_status",
    "mitra_online_status_online",
    "mitras",
    "pairing_offers_deadline",
    "pairing_offers_live",
    "pairing_offers_live_of_mitra",
}
LIVE_OFFER = (
    "FROM core.pairing_offers AS offer JOIN core.mitra_online_status AS status USING (mitra_id)"
    " WHERE offer.status = 'offered' AND status.is_online ORDER BY offer.id LIMIT 1"
)
LAST_COMPLETED = "FROM core.chat_sessions WHERE status = 'completed' ORDER BY created_at DESC LIMIT 1"
TALKS = "FROM (SELECT id, customer_id FROM core.chat_sessions WHERE status = 'active' ORDER BY id LIMIT 100) AS running"
SOMEBODY = {
    "mitra": "SELECT mitra_id FROM core.mitra_online_status WHERE is_online LIMIT 1",
    "offline": "SELECT mitra_id FROM core.mitra_online_status WHERE NOT is_online LIMIT 1",
    "mitras": "SELECT array_agg(id) FROM (SELECT id FROM core.mitras LIMIT 100) AS few",
    "beats": "SELECT array_agg(clock_timestamp()) FROM generate_series(1, 100)",
    "customer": "SELECT customer_id FROM core.chat_sessions WHERE status = 'active' LIMIT 1",
    "free_customer": "SELECT customer_id FROM core.payment_requests WHERE session_id IS NULL LIMIT 1",
    "package": "SELECT id FROM core.price_packages LIMIT 1",
    "link": "SELECT id FROM core.payment_requests WHERE session_id IS NULL ORDER BY id LIMIT 1",
    "link_owner": "SELECT customer_id FROM core.payment_requests WHERE session_id IS NULL ORDER BY id LIMIT 1",
    "running": "SELECT id FROM core.chat_sessions WHERE status = 'active' ORDER BY id LIMIT 1",
    "running_mitra": "SELECT mitra_id FROM core.chat_sessions WHERE status = 'active' ORDER BY id LIMIT 1",
    "searching": "SELECT id FROM core.chat_sessions WHERE status = 'searching' ORDER BY id LIMIT 1",
    "searcher": "SELECT customer_id FROM core.chat_sessions WHERE status = 'searching' ORDER BY id LIMIT 1",
    "over": f"SELECT id {LAST_COMPLETED}",
    "over_customer": f"SELECT customer_id {LAST_COMPLETED}",
    "offer": f"SELECT offer.id {LIVE_OFFER}",
    "offered_mitra": f"SELECT offer.mitra_id {LIVE_OFFER}",
    "recipients": "SELECT array_agg(recipient) FROM (SELECT recipient FROM core.event_streams LIMIT 100) AS few",
    "seqs": "SELECT array_agg(3::bigint) FROM generate_series(1, 100)",
    "talks": f"SELECT array_agg(id) {TALKS}",
    "talkers": f"SELECT array_agg(customer_id) {TALKS}",
    "customers": "SELECT array_agg('customer'::text) FROM generate_series(1, 100)",
    "message_ids": "SELECT array_agg(n::text) FROM generate_series(1, 100) AS n",
    "outcomes": (
        "SELECT jsonb_agg(jsonb_build_object('push_id', id, 'claim', 1, 'outcome', 'unregistered'))::text"
        " FROM (SELECT id FROM core.pushes WHERE status = 'sending' LIMIT 100) AS few"
    ),
    "family": "SELECT family FROM core.auth_sessions LIMIT 1",
    "token": "SELECT token_hash FROM core.auth_sessions LIMIT 1",
}
# Everything an app, the listener or a deadline asks for often. What reads everything on purpose is not among it: the
# counts of the mirror, the sweep's count of silent mitras (api.mass_silence, api.auto_offline), and the
# choice among all mitras when Valkey is away.
CALLS = {
    "pauses_of": "SELECT core.pauses_of(%(over)s)",
    "accept_offer": "SELECT api.accept_offer(%(offer)s, %(offered_mitra)s)",
    "blast": "SELECT * FROM api.blast(%(searching)s, %(mitras)s)",
    "cancel_payment_request": "SELECT api.cancel_payment_request(%(link)s, %(link_owner)s)",
    "cancel_session": "SELECT api.cancel_session(%(searching)s, %(searcher)s)",
    "claim_events": "SELECT * FROM api.claim_events(100)",
    "claim_idempotency_key": "SELECT * FROM api.claim_idempotency_key('customer:1', 'POST', '/', 'new', 'body')",
    "claim_pushes": "SELECT * FROM api.claim_pushes(100)",
    "confirm_dispatched": "SELECT api.confirm_dispatched(%(recipients)s, %(seqs)s)",
    "confirm_payment": "SELECT api.confirm_payment(%(link)s)",
    "copy_heartbeats": "SELECT api.copy_heartbeats(%(mitras)s, %(beats)s)",
    "create_payment_request": (
        "SELECT api.create_payment_request(%(free_customer)s, %(package)s, p_anyone_available => true)"
    ),
    "conversation_partner": "SELECT * FROM api.conversation_partner(%(running)s, 'mitra', %(running_mitra)s)",
    "deactivate_mitra": "SELECT api.deactivate_mitra(%(offered_mitra)s)",
    "decline_offer": "SELECT api.decline_offer(%(offer)s, %(offered_mitra)s)",
    "deliver_messages": "SELECT * FROM api.deliver_messages(%(talks)s, %(customers)s, %(talkers)s, %(seqs)s, %(seqs)s)",
    "end_session": "SELECT api.end_session(%(running)s, 'mitra', %(running_mitra)s)",
    "events_after": "SELECT * FROM api.events_after('customer', %(customer)s, 2)",
    "find_customer": "SELECT api.find_customer(%(customer)s)",
    "find_mitra": "SELECT api.find_mitra(%(mitra)s)",
    "force_mitra_offline": "SELECT api.force_mitra_offline(%(offered_mitra)s)",
    "expire_stale_payment_requests": "SELECT * FROM api.expire_stale_payment_requests()",
    "figure_history": "SELECT api.figure_history('sessions', now() - interval '2 hours', now(), 'minute')",
    "fold_figures": "SELECT api.fold_figures(100)",
    "go_offline": "SELECT api.go_offline(%(offered_mitra)s)",
    "go_online": "SELECT api.go_online(%(offline)s)",
    "config_history": "SELECT api.config_history('blast_size')",
    "list_audit_log": "SELECT api.list_audit_log()",
    "list_audit_log by actor": "SELECT api.list_audit_log('cc:7')",
    "list_audit_log by action": "SELECT api.list_audit_log(p_action => 'config.update')",
    "list_audit_log by subject": "SELECT api.list_audit_log(p_subject => 'mitra 7')",
    "list_audit_log by time": "SELECT api.list_audit_log(p_to_at => now() - interval '9 days')",
    "undo_config": "SELECT api.undo_config('blast_size')",
    "list_all_sessions": "SELECT api.list_all_sessions()",
    "list_all_sessions of a customer": "SELECT api.list_all_sessions(p_customer_id => %(customer)s)",
    "list_all_sessions of a mitra": "SELECT api.list_all_sessions(p_mitra_id => %(mitra)s)",
    "list_all_sessions that failed": "SELECT api.list_all_sessions('failed')",
    "list_all_sessions that search": "SELECT api.list_all_sessions('searching', 10)",
    "list_all_sessions of a time": (
        "SELECT api.list_all_sessions(p_from_at => now() - interval '1 minute', p_to_at => now())"
    ),
    "list_waiting": "SELECT api.list_waiting()",
    "list_customers": "SELECT api.list_customers()",
    "list_customers with a phone": "SELECT api.list_customers(false)",
    "list_customers who left": "SELECT api.list_customers(NULL, true)",
    "list_failed_pairings": "SELECT api.list_failed_pairings()",
    "list_failed_pairings of a cause": "SELECT api.list_failed_pairings('unknown')",
    "list_failed_pairings of a customer": "SELECT api.list_failed_pairings(p_customer_id => %(customer)s)",
    "list_mitras": "SELECT api.list_mitras()",
    "list_mitras offline": "SELECT api.list_mitras(p_state => 'offline')",
    "list_mitras inactive": "SELECT api.list_mitras(p_state => 'inactive')",
    "list_mitras by name": "SELECT api.list_mitras(p_q => 'zara')",
    "list_payment_requests": "SELECT api.list_payment_requests()",
    "list_payment_requests to be paid back": "SELECT api.list_payment_requests('requested')",
    "list_payment_requests that are pending": "SELECT api.list_payment_requests(p_status => 'pending')",
    "list_payment_requests by credit": "SELECT api.list_payment_requests(p_provider => 'credit')",
    "list_payment_requests of a customer": "SELECT api.list_payment_requests(p_customer_id => %(customer)s)",
    "list_payment_requests of a session": "SELECT api.list_payment_requests(p_session_id => %(over)s)",
    "list_payment_requests flagged": "SELECT api.list_payment_requests(p_is_flagged => true)",
    "list_payment_requests not flagged": "SELECT api.list_payment_requests(p_is_flagged => false)",
    "list_payment_requests stuck": "SELECT api.list_payment_requests(p_is_stuck => true)",
    "list_payment_requests not stuck": "SELECT api.list_payment_requests(p_is_stuck => false)",
    "list_payment_requests of a time": (
        "SELECT api.list_payment_requests(p_from_at => now() - interval '9 days', p_to_at => now() - interval '5 days')"
    ),
    "list_refund_due": "SELECT api.list_refund_due()",
    "list_webhooks": "SELECT api.list_webhooks()",
    "list_webhooks of an outcome": "SELECT api.list_webhooks('mismatch')",
    "list_webhooks flagged": "SELECT api.list_webhooks(p_is_flagged => true)",
    "list_webhooks of a payment": "SELECT api.list_webhooks(p_payment_request_id => %(link)s)",
    "list_webhooks of a time": "SELECT api.list_webhooks(p_to_at => now() - interval '1 day')",
    "list_messages": "SELECT api.list_messages(%(running)s, 'mitra', %(running_mitra)s)",
    "list_sessions of a customer": "SELECT api.list_sessions('customer', %(customer)s)",
    "list_sessions of a mitra": "SELECT api.list_sessions('mitra', %(mitra)s)",
    "logout": "SELECT api.logout(%(family)s)",
    "messages_after": "SELECT * FROM api.messages_after(%(running)s, 'mitra', %(running_mitra)s, 3)",
    "money_balance": "SELECT api.money_balance()",
    "mirror_page": "SELECT * FROM api.mirror_page(%(mitra)s, 100)",
    "mirror_state": "SELECT * FROM api.mirror_state(%(mitras)s)",
    "mitra_offers": "SELECT api.mitra_offers(%(offered_mitra)s)",
    "mitra_stats": "SELECT api.mitra_stats(%(mitra)s)",
    "mitra_timeline": "SELECT api.mitra_timeline(%(mitra)s)",
    "mitra_status": "SELECT api.mitra_status(%(mitra)s)",
    "new_events": "SELECT * FROM api.new_events(%(recipients)s, %(seqs)s)",
    "next_deadline": "SELECT api.next_deadline()",
    "oldest_push": "SELECT api.oldest_push()",
    "packages": "SELECT api.packages(%(customer)s)",
    "payment_request": "SELECT api.payment_request(%(link)s, %(link_owner)s)",
    "profile": "SELECT api.profile('customer', %(customer)s)",
    "rate_session": "SELECT api.rate_session(%(over)s, %(over_customer)s, 5)",
    "read_along": "SELECT api.read_along(%(running)s)",
    "read_messages": "SELECT * FROM api.read_messages(%(running)s, 'mitra', %(running_mitra)s, 3)",
    "record_heartbeat": "SELECT api.record_heartbeat(%(mitra)s)",
    "record_pushes": "SELECT * FROM api.record_pushes(%(outcomes)s::jsonb)",
    "refresh_login": "SELECT * FROM api.refresh_login(%(token)s, 1, 'new')",
    "register_anonymous_customer": "SELECT * FROM api.register_anonymous_customer('anonymous')",
    "register_push_token": "SELECT api.register_push_token('mitra', %(mitra)s, 'new')",
    "request_otp": "SELECT api.request_otp('+628123456789', 'mitra', 'code', 'here')",
    "run_due": "SELECT * FROM api.run_due(100)",
    "send_message": "SELECT * FROM api.send_message(%(running)s, 'mitra', %(running_mitra)s, 'new', 'Halo')",
    "send_messages": (
        "SELECT * FROM api.send_messages(%(talks)s, %(customers)s, %(talkers)s, %(message_ids)s, %(message_ids)s)"
    ),
    "session_info": "SELECT api.session_info(%(running)s, 'mitra', %(running_mitra)s)",
    "session_timers": "SELECT * FROM api.session_timers(%(searching)s, 100)",
    "set_topic_sensitivity": "SELECT api.set_topic_sensitivity(%(running)s, %(running_mitra)s, 'sensitive')",
    "store_idempotent_reply": "SELECT api.store_idempotent_reply('customer:1', 'POST', '/', 'new', 'body', 201, '{}')",
    "stream_position": "SELECT * FROM api.stream_position('customer', %(customer)s)",
    "update_mitra": "SELECT api.update_mitra(%(offered_mitra)s, NULL, NULL, 1)",
    "verify_otp": "SELECT * FROM api.verify_otp('+62996000000001', 'customer', '\\x01', 'verified', 'here')",
    "waiting_sessions": "SELECT * FROM api.waiting_sessions(20)",
}


def overdue(table: str, column: str, where: str = "true", key: str = "id") -> str:
    """A statement that makes a hundred of the seeded rows overdue."""
    some = f"SELECT {key} FROM core.{table} WHERE {where} LIMIT 100"
    return f"UPDATE core.{table} SET {column} = now() WHERE {key} IN ({some})"


MAKE_DUE = {
    "closure": overdue("chat_sessions", "closing_ends_at", "status = 'closing'"),
    "expiry": overdue("chat_sessions", "expires_at", "status = 'active'"),
    "offer": overdue("pairing_offers", "expires_at", "status = 'offered'"),
    "pairing": overdue("chat_sessions", "pairing_deadline", "status = 'searching'"),
    "payment": overdue("payment_requests", "expires_at", "status = 'pending'"),
    "warning": overdue("session_warnings", "due_at", key="session_id"),
    "withdrawal": overdue("mitra_withdrawals", "due_at"),
}


class Plans:
    """The plans of all statements that a connection runs, those inside functions included."""

    def __init__(self, conn: psycopg.Connection) -> None:
        self._conn = conn
        self._plans: list[dict[str, Any]] = []
        conn.add_notice_handler(self._take)
        conn.execute("LOAD 'auto_explain'")
        for setting, value in {
            "auto_explain.log_min_duration": "0",
            "auto_explain.log_nested_statements": "on",
            "auto_explain.log_analyze": "on",  # to tell what was only planned from what was done
            "auto_explain.log_timing": "off",
            "auto_explain.log_format": "json",
            "auto_explain.log_level": "notice",
            "client_min_messages": "notice",
            "random_page_cost": "1.1",  # a disk without a head, so that less than a million rows are many
        }.items():
            conn.execute("SELECT set_config(%s, %s, false)", [setting, value])

    def _take(self, notice: psycopg.errors.Diagnostic) -> None:
        text = notice.message_primary or ""
        if text.startswith("duration:"):
            self._plans.append(json.loads(text[text.index("{") :]))

    def scans_in(
        self, query: str, params: dict[str, object], *, before: str = "", allowed: Collection[str] = ()
    ) -> list[str]:
        """The scans of growing tables that a query makes, and the statements that make them. Nothing stays of it.

        `before` is a statement that prepares the ground, whose own plan does not matter. Tables and indexes that are
        `allowed` may be read whole.
        """
        with self._conn.transaction(force_rollback=True):
            self._conn.execute(before.encode())
            self._plans.clear()
            self._conn.execute(query.encode(), params)
        assert self._plans
        return [
            f"{scan}: {plan['Query Text'].strip()}" for plan in self._plans for scan in _scans(plan["Plan"], allowed)
        ]


def _scans(node: dict[str, Any], allowed: Collection[str]) -> Iterator[str]:
    if node["Actual Loops"] == 0:
        return
    table = node.get("Relation Name", "")
    kind = node["Node Type"]
    is_allowed = {table, node.get("Index Name", "")} & {*SMALL, *allowed}
    rows = node["Actual Loops"] * (node["Actual Rows"] + node.get("Rows Removed by Filter", 0))
    if table and not is_allowed and "Index Cond" not in node and kind != "Bitmap Heap Scan" and rows > MANY_ROWS:
        yield f"{kind} reads {rows:.0f} rows of {table}"
    for below in node.get("Plans", []):
        yield from _scans(below, allowed)


def test_no_statement_of_a_hot_path_scans_a_table_that_grows(conn: psycopg.Connection) -> None:
    conn.execute(SEED.read_bytes())
    somebody = {name: conn.execute(query.encode()).fetchone()[0] for name, query in SOMEBODY.items()}  # type: ignore[index]
    plans = Plans(conn)
    found: dict[str, list[str]] = {}
    for mode in ("auto", "force_generic_plan"):
        conn.execute("SELECT set_config('plan_cache_mode', %s, false)", [mode])
        for name, query in CALLS.items():
            found[f"{name}, {mode}"] = plans.scans_in(query, somebody)
        for kind, query in MAKE_DUE.items():
            found[f"run_due of kind {kind}, {mode}"] = plans.scans_in(
                "SELECT * FROM api.run_due(100)", {}, before=query
            )

    faults = [f"{name}\n  {scan}" for name, scans in found.items() for scan in scans]
    assert faults == [], "\n\n".join(faults)


def test_the_dashboard_reads_no_table_whole_that_holds_what_is_over(conn: psycopg.Connection) -> None:
    conn.execute(SEED.read_bytes())
    conn.execute("SELECT api.rebuild_figures('-infinity', 'infinity')")
    conn.execute("SELECT api.fold_figures(1000000)")
    conn.execute("ANALYZE")
    plans = Plans(conn)

    for query in ("SELECT api.dashboard()", "SELECT * FROM api.live_look('{}')"):
        assert plans.scans_in(query, {}, allowed=NOW) == []


def test_a_scan_is_seen(conn: psycopg.Connection) -> None:
    plans = Plans(conn)
    conn.execute("INSERT INTO core.customers SELECT FROM generate_series(1, 500)")
    conn.execute(
        "CREATE FUNCTION core.scan() RETURNS bigint LANGUAGE plpgsql AS $$"
        " BEGIN RETURN (SELECT count(*) FROM core.customers WHERE locale = 'en'); END $$"
    )

    scans = plans.scans_in("SELECT core.scan()", {})

    assert [scan.partition(":")[0] for scan in scans] == ["Seq Scan reads 500 rows of customers"]
