"""Things that happen at random, each one statement: it finds, without locks, whom to do it to, and does it.

Its one column says what came of it; without a row there was nobody to do it to.
"""

from collections.abc import Mapping
from typing import LiteralString, NamedTuple


class Move(NamedTuple):
    """How often it happens, and how."""

    weight: int
    query: LiteralString


def any_of(rows: LiteralString, where: LiteralString = "true", first: LiteralString = "random()") -> LiteralString:
    """One row."""
    return f"(SELECT * FROM {rows} WHERE {where} ORDER BY {first} LIMIT 1)"


def late(table: LiteralString, by: LiteralString = "created_at") -> LiteralString:
    """The rows of a table that came last: what is older is hardly ever what somebody acts on."""
    return f"(SELECT * FROM core.{table} ORDER BY {by} DESC LIMIT 60) AS late"


MITRA: LiteralString = any_of("core.mitras")
CUSTOMER: LiteralString = any_of("core.customers")
SESSION: LiteralString = any_of(late("chat_sessions"), first="core.is_open(status) DESC, random()")
RUNNING: LiteralString = any_of(late("chat_sessions"), "status IN ('active', 'extending', 'closing')")
PAIRED: LiteralString = any_of(late("chat_sessions"), "mitra_id IS NOT NULL", "core.is_open(status) DESC, random()")
OFFER: LiteralString = any_of(late("pairing_offers", "offered_at"), first="status = 'offered' DESC, random()")
PAYMENT: LiteralString = any_of(late("payment_requests"))
UNPAID: LiteralString = any_of(late("payment_requests"), "status IN ('pending', 'expired', 'cancelled')")
LINKLESS: LiteralString = any_of(late("payment_requests"), "checkout_url IS NULL AND status = 'pending'")
XENDIT: LiteralString = any_of(late("payment_requests"), "provider = 'xendit'", "confirmed_at IS NULL DESC, random()")
REFUND: LiteralString = any_of(
    late("refunds", "requested_at"), first="status IN ('requested', 'unanswered') DESC, random()"
)
WAITING: LiteralString = any_of("api.waiting_sessions()")
EXTENSION: LiteralString = any_of(
    "(SELECT extension.*, session.mitra_id FROM core.session_extensions AS extension"
    " JOIN core.chat_sessions AS session ON session.id = extension.session_id"
    f" WHERE extension.status = 'pending' OR extension.payment_request_id = (SELECT id FROM {PAYMENT} AS paid)) AS found",
    first="status = 'pending' DESC, random()",
)

CONVERSATION: LiteralString = any_of(late("chat_sessions"), "status IN ('active', 'closing')")
PAID: LiteralString = any_of(late("payment_requests"), "confirmed_at IS NOT NULL")
USABLE: LiteralString = any_of(
    "(SELECT payment.*, session.status IN ('active', 'closing') AS is_running FROM core.payment_requests AS payment"
    " JOIN core.chat_sessions AS session ON session.id = payment.session_id"
    " WHERE payment.status = 'confirmed' AND payment.is_extension) AS paid",
    first="is_running DESC, random()",
)
LOGIN: LiteralString = any_of("core.auth_sessions", "revoked_at IS NULL")
EVENT: LiteralString = any_of(
    "(VALUES ('payment_session.completed'), ('payment_session.completed'), ('payment.capture'),"
    " ('payment_session.expired'), ('payment.failure')) AS heard (event)"
)
SAID: LiteralString = any_of("(VALUES (0), (0), (0), (1)) AS heard (said)")
NEWS: LiteralString = any_of(
    "(VALUES ('sent'), ('sent'), ('succeeded'), ('succeeded'), ('failed'), ('refused'), ('unanswered')) AS heard (news)"
)

MOVES: Mapping[str, Move] = {
    # availability
    "go_online": Move(8, f"SELECT api.go_online(id) ->> 'is_online' FROM {MITRA} AS mitra"),
    "go_offline": Move(2, f"SELECT api.go_offline(id) ->> 'is_online' FROM {MITRA} AS mitra"),
    "deactivate_mitra": Move(1, f"SELECT api.deactivate_mitra(id) ->> 'is_active' FROM {MITRA} AS mitra"),
    "activate_mitra": Move(3, f"SELECT api.activate_mitra(id) ->> 'is_active' FROM {MITRA} AS mitra"),
    "record_heartbeat": Move(2, f"SELECT 'at ' || left(api.record_heartbeat(id)::text, 0) FROM {MITRA} AS mitra"),
    "copy_heartbeats": Move(
        2,
        "SELECT (api.copy_heartbeats(array_agg(mitra_id), array_agg(clock_timestamp())) > 0)::text"
        " FROM core.mitra_online_status",
    ),
    "auto_offline": Move(1, "SELECT (count(*) > 0)::text FROM api.auto_offline(ARRAY(SELECT id FROM core.mitras))"),
    # payment requests
    "create_payment_request": Move(
        10,
        "SELECT api.create_payment_request(customer.id, package.id, p_anyone_available => true,"
        " p_provider => CASE WHEN random() < 0.5 THEN 'manual' ELSE 'xendit' END) ->> 'status'"
        f" FROM {CUSTOMER} AS customer, {any_of('core.price_packages', 'NOT is_extension')} AS package",
    ),
    "create_payment_request for an extension": Move(
        6,
        "SELECT api.create_payment_request(session.customer_id, package.id, true, session.id) ->> 'status'"
        f" FROM {RUNNING} AS session, {any_of('core.price_packages', 'is_extension')} AS package",
    ),
    "attach_checkout": Move(
        6, f"SELECT api.attach_checkout(id, customer_id, id::text, '/') ->> 'status' FROM {LINKLESS} AS payment"
    ),
    "abandon_checkout": Move(
        1, f"SELECT 'gone' || api.abandon_checkout(id, customer_id)::text FROM {LINKLESS} AS payment"
    ),
    "confirm_payment": Move(
        10,
        "SELECT api.confirm_payment(id, expires_at + make_interval(secs => CASE"
        f" WHEN random() < 0.3 THEN 2000 * random() - 1000 END)) ->> 'status' FROM {UNPAID} AS payment",
    ),
    "cancel_payment_request": Move(
        2, f"SELECT api.cancel_payment_request(id, customer_id) ->> 'status' FROM {PAYMENT} AS payment"
    ),
    "expire_stale_payment_requests": Move(
        1, "SELECT (expired + failed + reconciled > 0)::text FROM api.expire_stale_payment_requests()"
    ),
    # what a provider says, asked or not
    "receive_webhook": Move(
        8,
        """
        SELECT api.receive_webhook('xendit', event || id || said,
            jsonb_build_object('event', event, 'created', clock_timestamp(),
                'data', jsonb_build_object('reference_id', id, 'amount', amount + said)),
            CASE WHEN random() < 0.8 THEN jsonb_build_object('reference_id', id, 'amount', amount,
                'status', CASE WHEN random() < 0.8 THEN 'COMPLETED' ELSE 'ACTIVE' END) END) ->> 'outcome'
        FROM """
        f"{XENDIT} AS payment, {SAID} AS wrong, {EVENT} AS heard",
    ),
    "process_webhook": Move(
        2,
        "SELECT api.process_webhook(receipt_id, jsonb_build_object('reference_id', payment.id, 'amount', payment.amount,"
        " 'status', 'COMPLETED')) ->> 'outcome'"
        f" FROM {any_of('api.unverified_webhooks()')} AS open"
        " JOIN core.payment_requests AS payment ON payment.id = open.payment_request_id",
    ),
    "reconcile_payment": Move(
        2,
        "SELECT api.reconcile_payment(id, jsonb_build_object('reference_id', id, 'amount', amount, 'status',"
        f" CASE WHEN random() < 0.5 THEN 'COMPLETED' ELSE 'EXPIRED' END)) FROM {XENDIT} AS payment",
    ),
    # refunds
    "request_refund": Move(
        4,
        "SELECT api.request_refund(id, CASE WHEN random() < 0.3 THEN 1000 END) ->> 'refund_status'"
        f" FROM {PAID} AS payment",
    ),
    "record_refund": Move(
        6,
        "SELECT news || ': ' || (api.record_refund(refund.id, news, CASE news WHEN 'sent' THEN refund.id::text END)"
        f" ->> 'refund_status') FROM {REFUND} AS refund, "
        f"{NEWS} AS heard",
    ),
    "refunds_to_send": Move(1, "SELECT (count(*) > 0)::text FROM api.refunds_to_send('xendit')"),
    # pairing
    "blast": Move(
        8,
        "SELECT made.offers::text FROM"
        f" (SELECT session_id, ARRAY(SELECT id FROM core.mitras ORDER BY random()) AS mitras FROM {WAITING} AS waiting) AS one"
        " CROSS JOIN LATERAL (SELECT count(*) AS offers FROM api.blast(one.session_id, one.mitras)) AS made",
    ),
    "blast by PostgreSQL's own choice": Move(
        3,
        f"SELECT made.offers::text FROM {WAITING} AS waiting"
        " CROSS JOIN LATERAL (SELECT count(*) AS offers FROM api.blast(waiting.session_id)) AS made",
    ),
    "accept_offer": Move(14, f"SELECT api.accept_offer(id, mitra_id) ->> 'status' FROM {OFFER} AS offer"),
    "decline_offer": Move(4, f"SELECT api.decline_offer(id, mitra_id) ->> 'status' FROM {OFFER} AS offer"),
    # chat sessions
    "cancel_session": Move(2, f"SELECT api.cancel_session(id, customer_id) ->> 'status' FROM {SESSION} AS session"),
    "end_session": Move(
        3, f"SELECT api.end_session(id, 'customer', customer_id) ->> 'status' FROM {SESSION} AS session"
    ),
    "end_session by its mitra": Move(
        2, f"SELECT api.end_session(id, 'mitra', mitra_id) ->> 'status' FROM {PAIRED} AS session"
    ),
    "end_session by the control centre": Move(
        1, f"SELECT api.end_session(id, 'cc', NULL) ->> 'status' FROM {SESSION} AS session"
    ),
    "reroute_session": Move(3, f"SELECT api.reroute_session(id) ->> 'status' FROM {PAIRED} AS session"),
    "set_topic_sensitivity": Move(
        1,
        f"SELECT api.set_topic_sensitivity(id, mitra_id, 'sensitive') ->> 'topic_sensitivity' FROM {PAIRED} AS session",
    ),
    "rate_session": Move(1, f"SELECT api.rate_session(id, customer_id, 5) ->> 'rating' FROM {SESSION} AS session"),
    # extensions
    "request_extension": Move(
        8,
        "SELECT api.request_extension(session_id, customer_id, duration_minutes, amount, id) ->> 'status'"
        f" FROM {USABLE} AS payment",
    ),
    "respond_to_extension": Move(
        8,
        "SELECT api.respond_to_extension(id, session_id, mitra_id, random() < 0.6) ->> 'status'"
        f" FROM {EXTENSION} AS extension",
    ),
    "settle_extension": Move(
        2,
        "SELECT api.settle_extension(extension_id, random() < 0.5) ->> 'status'"
        f" FROM {any_of('api.due_extensions()')} AS extension",
    ),
    # messages
    "send_message": Move(
        4,
        f"SELECT 'said' || left(said.message::text, 0) FROM {CONVERSATION} AS session"
        " CROSS JOIN LATERAL"
        " api.send_message(session.id, 'customer', session.customer_id, gen_random_uuid()::text, 'Halo') AS said",
    ),
    "read_messages": Move(
        2,
        f"SELECT marked.is_news::text FROM {PAIRED} AS session"
        " CROSS JOIN LATERAL api.read_messages(session.id, 'mitra', session.mitra_id, 3) AS marked",
    ),
    # deadlines, dispatching, devices, logins
    "run_due": Move(10, "SELECT kind FROM api.run_due(20) LIMIT 1"),
    "dispatch": Move(
        5,
        "SELECT concat(CASE count(*) WHEN 0 THEN 'none' ELSE 'some' END,"
        " api.confirm_dispatched(coalesce(array_agg(recipient), '{}'), coalesce(array_agg(seq), '{}'))::text)"
        " FROM (SELECT recipient, max(seq) AS seq FROM api.claim_events(50) GROUP BY recipient) AS taken",
    ),
    "claim_pushes": Move(2, "SELECT (count(*) > 0)::text FROM api.claim_pushes(50)"),
    "record_pushes": Move(
        2,
        """
        SELECT (count(*) > 0)::text FROM api.record_pushes((
            SELECT coalesce(jsonb_agg(jsonb_build_object('push_id', id, 'claim', claims, 'outcome',
                ('{sent,connected,unregistered,refused,failed,unknown}'::text[])[1 + floor(6 * random())])), '[]')
            FROM (SELECT * FROM core.pushes WHERE settled_at IS NULL AND status = 'sending' LIMIT 50) AS claimed))
        """,
    ),
    "register_push_token": Move(
        2,
        "SELECT 'done' || api.register_push_token('mitra', id, 'device-' || floor(20 * random()))::text"
        f" FROM {MITRA} AS mitra",
    ),
    "register_push_token of a customer": Move(
        2,
        "SELECT 'done' || api.register_push_token('customer', id, 'device-' || floor(20 * random()))::text"
        f" FROM {CUSTOMER} AS customer",
    ),
    "forget_push_token": Move(
        1,
        "SELECT 'done' || api.forget_push_token('customer', id, 'device-' || floor(20 * random()))::text"
        f" FROM {CUSTOMER} AS customer",
    ),
    "request_otp": Move(2, f"SELECT api.request_otp(phone, 'mitra', 'code')::text FROM {MITRA} AS mitra"),
    "verify_otp": Move(
        2,
        f"SELECT coalesce(login.refusal, 'in') FROM {MITRA} AS mitra"
        " CROSS JOIN LATERAL api.verify_otp(mitra.phone, 'mitra', 'code', decode(md5(random()::text), 'hex')) AS login",
    ),
    "refresh_login": Move(
        1,
        f"SELECT coalesce(login.refusal, 'in') FROM {LOGIN} AS held"
        " CROSS JOIN LATERAL api.refresh_login(held.token_hash, decode(md5(random()::text), 'hex')) AS login",
    ),
    "logout": Move(1, f"SELECT 'out' || api.logout(family)::text FROM {LOGIN} AS held"),
    # rules and upkeep
    "set mitra_max_sessions": Move(
        1, "SELECT api.set_config('mitra_max_sessions', to_jsonb(1 + floor(3 * random())), 'test') ->> 'key'"
    ),
    "set pairing_before_payment": Move(
        1, "SELECT api.set_config('pairing_before_payment', to_jsonb(random() < 0.5), 'test') ->> 'key'"
    ),
    "set deactivation_session_policy": Move(
        1,
        "SELECT api.set_config('deactivation_session_policy',"
        " to_jsonb(CASE WHEN random() < 0.5 THEN 'finish' ELSE 'reroute' END), 'test') ->> 'key'",
    ),
    "maintain": Move(1, "SELECT concat('done', cardinality(api.maintain_partitions()) * 0, api.prune()::text)"),
}


def one_of(table: LiteralString, where: LiteralString, key: LiteralString = "id") -> LiteralString:
    """The key of some row that nobody is busy with, locked."""
    return f"SELECT {key} FROM core.{table} WHERE {where} ORDER BY random() LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"


# Time passes: something becomes due, one row that nobody is busy with. And what a DBA may write by hand.
PASSING: Mapping[str, LiteralString] = {
    "clock": f"""
        WITH one AS ({one_of("chat_sessions", "status = 'active'")}),
        silent AS (DELETE FROM core.session_warnings WHERE session_id IN (SELECT id FROM one))
        UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id IN (SELECT id FROM one) RETURNING 'passes'
    """,
    "warning": f"""
        WITH one AS ({one_of("chat_sessions", "status = 'active'")}),
        moved AS (
            UPDATE core.chat_sessions SET expires_at = clock_timestamp() + interval '1 minute'
            WHERE id IN (SELECT id FROM one) RETURNING id, expires_at)
        UPDATE core.session_warnings AS warning SET due_at = moved.expires_at - make_interval(secs => warning.seconds)
        FROM moved WHERE moved.id = warning.session_id RETURNING 'passes'
    """,
    "grace": f"""
        UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp()
        WHERE id IN ({one_of("chat_sessions", "status = 'closing'")}) RETURNING 'passes'
    """,
    "pairing": f"""
        UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp()
        WHERE id IN ({one_of("chat_sessions", "status = 'searching'")}) RETURNING 'passes'
    """,
    "offer": f"""
        UPDATE core.pairing_offers SET expires_at = clock_timestamp()
        WHERE id IN ({one_of("pairing_offers", "status = 'offered'")}) RETURNING 'passes'
    """,
    "link": f"""
        UPDATE core.payment_requests SET expires_at = clock_timestamp()
        WHERE id IN ({one_of("payment_requests", "status = 'pending'")}) RETURNING 'passes'
    """,
    "delivery": f"""
        UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '1 hour'
        WHERE id IN ({one_of("payment_requests", "status = 'confirmed' AND is_extension")}) RETURNING 'passes'
    """,
    "answer": f"""
        UPDATE core.session_extensions SET expires_at = clock_timestamp() - interval '11 seconds'
        WHERE id IN ({one_of("session_extensions", "status = 'pending'")}) RETURNING 'passes'
    """,
    "refund": f"""
        UPDATE core.refunds SET requested_at = requested_at - interval '1 hour'
        WHERE id IN ({one_of("refunds", "status = 'requested'")}) RETURNING 'passes'
    """,
    "heartbeat": f"""
        UPDATE core.mitra_online_status SET last_heartbeat_at = '-infinity', last_online_at = '-infinity'
        WHERE mitra_id IN ({one_of("mitra_online_status", "is_online", "mitra_id")}) RETURNING 'passes'
    """,
    "maximum": "UPDATE core.mitras SET max_sessions = 1 + floor(4 * random())"
    f" WHERE id = (SELECT id FROM {MITRA} AS mitra) RETURNING 'changes'",
}
