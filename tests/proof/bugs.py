"""Bugs as they are made: what to change in which function, and where that shows."""

import re
from dataclasses import dataclass
from pathlib import Path

FUNCTIONS = Path(__file__).parents[2] / "db" / "functions"

_WORD = re.compile(r"\w+|[^\w\s]")
_BETWEEN_WORDS = r"(?:\s|--[^\n]*\n)*"


@dataclass(frozen=True)
class Bug:
    """A function with a mistake: its file, what is replaced there by what, and in which situations that shows.

    What is replaced is found by its words: line breaks and comments between them do not count.
    A bug without situations shows when the state machine plays; `seed` names scenes in which it shows soon.
    """

    name: str
    file: str
    right: str
    wrong: str
    situations: tuple[str, ...] = ()
    seed: int = 1

    @property
    def text(self) -> str:
        """The file with the mistake; AssertionError when what is to be replaced is not there any more."""
        text = (FUNCTIONS / self.file).read_text()
        found = list(re.finditer(_BETWEEN_WORDS.join(map(re.escape, _WORD.findall(self.right))), text))
        assert len(found) == 1, f"{self.file} has this {len(found)} times:\n{self.right}"
        return text[: found[0].start()] + self.wrong + text[found[0].end() :]


BUGS = (
    Bug(
        "the row lock of the session is gone",
        "sessions/lock_for_command.sql",
        "ANY (p_session_ids) ORDER BY id FOR NO KEY UPDATE);",
        "ANY (p_session_ids) ORDER BY id);",
        ("two_running_with_one_mitra",),
    ),
    Bug(
        "the mitra is locked before the session",
        "sessions/end_session.sql",
        """
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF p_user_type IS DISTINCT""",
        """
    PERFORM core.lock_mitra(p_user_id) WHERE p_user_type = 'mitra';
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF p_user_type IS DISTINCT""",
        ("active",),
    ),
    Bug(
        "the clock is read before the lock",
        "extensions/request_extension.sql",
        """
    PERFORM core.lock_for_command(ARRAY[p_session_id], ARRAY[p_extension_payment_request_id]);
    PERFORM core.credit_absences(ARRAY[p_session_id], clock_timestamp());
    v_found := core.read_session(p_session_id);
    v_now := clock_timestamp();
""",
        """
    v_now := clock_timestamp();
    PERFORM core.lock_for_command(ARRAY[p_session_id], ARRAY[p_extension_payment_request_id]);
    PERFORM core.credit_absences(ARRAY[p_session_id], clock_timestamp());
    v_found := core.read_session(p_session_id);
""",
        ("closing",),
    ),
    Bug(
        "the deadline is judged by now()",
        "pairing/require_open.sql",
        "p_offer.expires_at <= clock_timestamp()",
        "p_offer.expires_at <= now()",
        ("offered_to_two",),
    ),
    Bug(
        "the extension is not read again once it is locked",
        "extensions/settle_extension.sql",
        """
    SELECT * INTO v_extension FROM core.session_extensions WHERE id = p_extension_id;
    IF v_extension.status""",
        """
    IF v_extension.status""",
        ("extending_past_its_deadline",),
    ),
    Bug(
        "the payment is not read again once it is locked",
        "payments/cancel_payment_request.sql",
        """
    v_events := core.lock_payment(v_payment.id);
    v_payment := core.find_payment(p_payment_request_id, p_customer_id);
""",
        """
    v_events := core.lock_payment(v_payment.id);
""",
        ("unpaid_links_at_the_first_price",),
    ),
    Bug(
        "a repeated confirmation counts again",
        "payments/confirm_payment.sql",
        "IF v_payment.confirmed_at IS NULL THEN",
        "IF true THEN",
        ("pending_payment",),
    ),
    Bug(
        "a webhook's key may come twice",
        "webhooks/receive_webhook.sql",
        "    ON CONFLICT (provider, receipt_key) DO NOTHING;",
        "    ;",
        ("provider_says_paid",),
    ),
    Bug(
        "whoever pays is not locked",
        "payments/lock_business.sql",
        "ANY (p_customer_ids) ORDER BY id FOR NO KEY UPDATE;",
        "ANY (p_customer_ids) ORDER BY id;",
        ("unpaid_links_at_the_first_price",),
    ),
    Bug(
        "the first price is not asked about",
        "payments/take_money.sql",
        "p_payment.is_first_session_discount AND core.discount_used(p_payment.customer_id)",
        "false",
        ("links_after_the_first_session",),
    ),
    Bug(
        "the capacity is judged without the mitra's lock",
        "pairing/lock_offer.sql",
        """
    PERFORM core.lock_mitra(p_mitra_id);
""",
        "\n",
        ("two_sessions_for_one_slot",),
    ),
    Bug(
        "an extension from closing takes a slot without asking",
        "extensions/request_extension.sql",
        "IF v_session.status = 'closing' THEN ",
        "IF false THEN ",
        ("closing_and_an_offer_for_one_slot",),
    ),
    Bug(
        "the capacity is recounted without the mitra's lock",
        "mirror/recount_mitras.sql",
        """
    PERFORM core.lock_mitras(v_ids);
""",
        "\n",
        ("two_running_with_one_mitra",),
    ),
    Bug(
        "the capacity goes one up or one down instead of being recounted",
        "mirror/recount_mitras.sql",
        "SET capacity = counted.capacity,",
        "SET capacity = load.capacity + sign(counted.capacity - load.capacity)::integer,",
        ("two_past_their_end_with_one_mitra",),
    ),
    Bug(
        "offers are made without a lock on the mitras",
        "pairing/blast.sql",
        "ORDER BY mitra.id FOR SHARE SKIP LOCKED);",
        "ORDER BY mitra.id);",
        ("searching",),
    ),
    Bug(
        "the other offers are not rescinded",
        "pairing/accept_offer.sql",
        "WHERE session_id = v_offer.session_id AND core.status_is(status, 'offered') ), 'rescinded', p_offer_id)",
        "WHERE id = p_offer_id), 'rescinded', p_offer_id)",
        ("offered_to_two",),
    ),
    Bug(
        "the payment is kept when the extension is asked for",
        "extensions/request_extension.sql",
        """
    v_session := core.enter_extending(v_session, v_now);
""",
        """
    v_session := core.enter_extending(v_session, v_now);
    PERFORM core.consume_payment(payment)
    FROM core.payment_requests AS payment WHERE payment.id = p_extension_payment_request_id;
""",
        ("active",),
    ),
    Bug(
        "the charge is not written down",
        "payments/consume_payment.sql",
        "THEN 'extension' ELSE 'session' END, p_payment.amount);",
        "THEN 'extension' ELSE 'credit' END, p_payment.amount);",
        ("offered_to_two",),
    ),
    Bug(
        "a payment that failed owes nothing",
        "payments/owe_back.sql",
        """
    p_payment.refund_due_amount := p_payment.amount;
""",
        "\n",
        ("extending",),
    ),
    Bug(
        "both parties are told twice",
        "sessions/end_session.sql",
        "core.settlement_events(ARRAY[v_session])",
        "core.settlement_events(ARRAY[v_session, v_session])",
        ("active",),
    ),
    Bug(
        "a link is expired whatever became of it meanwhile",
        "payments/expire_payments.sql",
        "AND core.status_is(status, 'pending') AND (p_is_closed",
        "AND (p_is_closed",
        ("provider_says_paid",),
    ),
    Bug(
        "due work waits for whoever is busy",
        "deadlines/find_due.sql",
        "ORDER BY expires_at FOR NO KEY UPDATE SKIP LOCKED;",
        "ORDER BY expires_at FOR NO KEY UPDATE;",
        ("active_past_its_end",),
    ),
    Bug(
        "due work waits for a held mitra",
        "sessions/lock_whole.sql",
        """
            SELECT id FROM core.mitras WHERE id = ANY (v_mitras)
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);""",
        """
            SELECT id FROM core.mitras WHERE id = ANY (v_mitras)
            ORDER BY id FOR NO KEY UPDATE);""",
        ("active_past_its_end",),
    ),
    Bug(
        "due work waits for a held stream",
        "events/busy_streams.sql",
        "ORDER BY recipient FOR NO KEY UPDATE SKIP LOCKED);",
        "ORDER BY recipient FOR NO KEY UPDATE);",
        ("links_past_their_end",),
    ),
    Bug(
        "a wave waits for a held candidate",
        "pairing/blast.sql",
        "ORDER BY mitra.id FOR SHARE SKIP LOCKED);",
        "ORDER BY mitra.id FOR SHARE);",
        ("searching",),
    ),
    Bug(
        "a login does not wait for a deactivation",
        "accounts/lock_account.sql",
        "AND mitra.id = p_user_id FOR NO KEY UPDATE;",
        "AND mitra.id = p_user_id;",
        ("mitra_alone",),
    ),
    Bug(
        "a refund that succeeded succeeds again",
        "refunds/may_settle_refund.sql",
        "    ELSE false END",
        "    ELSE p_status = 'succeeded' END",
        ("refund_under_way",),
    ),
    Bug(
        "the mitra a session was taken from is asked again",
        "pairing/barred_mitras.sql",
        "SELECT p_session.excluded_mitra_ids || core.blocked",
        "SELECT core.blocked",
    ),
    Bug(
        "what was left of the time is forgotten",
        "sessions/enter_closing.sql",
        """
    p_session.unused_seconds := p_session.unused_seconds
        + floor(core.seconds_left(p_session, p_now));
""",
        "\n",
    ),
    Bug(
        "a rerouted search that fails owes nothing",
        "payments/owe_remaining.sql",
        "owed.amount > 0",
        "owed.amount < 0",
        seed=11,
    ),
    Bug(
        "a session past its end is judged as running",
        "extensions/request_extension.sql",
        "v_session := core.settled(v_found, v_now);",
        "v_session := v_found;",
        seed=21,
    ),
    Bug(
        "who asked for a transfer confirms it",
        "control_centre/require_second_user.sql",
        "OR p_first = p_second",
        "",
        ("refund_by_transfer",),
    ),
    Bug(
        "a transfer is confirmed twice, because its refund is read before the lock",
        "refunds/confirm_refund.sql",
        """
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
    SELECT * INTO v_refund FROM core.refunds
    WHERE payment_request_id = v_payment.id
        AND (way = 'transfer' AND status = 'requested' OR NOT p_paid AND status = 'unanswered');
""",
        """
    SELECT * INTO v_refund FROM core.refunds
    WHERE payment_request_id = p_payment_request_id
        AND (way = 'transfer' AND status = 'requested' OR NOT p_paid AND status = 'unanswered');
    v_events := core.lock_payment(p_payment_request_id);
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_request_id;
""",
        ("refund_by_transfer",),
    ),
    Bug(
        "credit is written without lowering what is due",
        "refunds/settle_refund.sql",
        """
        p_payment.refund_due_amount := p_payment.refund_due_amount - p_refund.amount;
""",
        """
        NULL;
""",
        ("due_by_any_way",),
    ),
    Bug(
        "what the balance paid is asked back of a provider",
        "refunds/open_ways.sql",
        """
            p_payment.provider <> 'credit'
            AND clock_timestamp()""",
        """
            clock_timestamp()""",
        ("bought_by_credit",),
    ),
    Bug(
        "a balance is spent and returned, because it is read before the lock",
        "refunds/return_balance.sql",
        """
    PERFORM core.lock_customer(p_customer_id);
    v_events := core.lock_business(ARRAY[p_customer_id], ARRAY(
        SELECT id FROM core.payment_requests
        WHERE customer_id = p_customer_id AND credited_amount > 0));
    v_balance := core.balance(p_customer_id);
""",
        """
    v_balance := core.balance(p_customer_id);
    PERFORM core.lock_customer(p_customer_id);
    v_events := core.lock_business(ARRAY[p_customer_id], ARRAY(
        SELECT id FROM core.payment_requests
        WHERE customer_id = p_customer_id AND credited_amount > 0));
""",
        ("balance_for_one_purchase",),
    ),
    Bug(
        "a purchase takes less from the balance than it costs",
        "payments/pay_by_credit.sql",
        "'spent', -p_payment.amount,",
        "'spent', -1,",
        ("balance_for_one_purchase",),
    ),
    Bug(
        "a balance that does not cover it pays a part",
        "payments/create_payment_request.sql",
        "core.balance(p_customer_id) >= v_price",
        "core.balance(p_customer_id) > 0",
        seed=81,
    ),
    Bug(
        "a refund under way is taken for one by another way",
        "refunds/request_refund.sql",
        "ELSIF p_amount <> v_refund.amount OR p_way <> v_refund.way THEN",
        "ELSIF p_amount <> v_refund.amount THEN",
    ),
    Bug(
        "who has a balance may leave",
        "accounts/has_business.sql",
        "OR core.balance(p_customer_id) > 0",
        "",
        ("balance_for_one_purchase",),
    ),
)
