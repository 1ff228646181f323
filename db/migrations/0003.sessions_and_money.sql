SET LOCAL ROLE halo_owner;

CREATE TABLE core.price_packages (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    duration_minutes integer NOT NULL CHECK (duration_minutes BETWEEN 1 AND 1440),
    price bigint NOT NULL CHECK (price > 0),
    first_session_price bigint CHECK (first_session_price > 0),
    is_extension boolean NOT NULL DEFAULT false,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (first_session_price IS NULL OR (first_session_price <= price AND NOT is_extension))
);
COMMENT ON TABLE core.price_packages IS 'What can be bought: minutes for whole rupiah. Amounts and durations come from here, never from a client.';

CREATE TABLE core.chat_sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES core.customers,
    mitra_id uuid REFERENCES core.mitras,
    status text NOT NULL DEFAULT 'searching' CHECK (status IN (
        'searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing',
        'completed', 'cancelled', 'failed')),
    topic_sensitivity text NOT NULL DEFAULT 'normal' CHECK (topic_sensitivity IN ('normal', 'sensitive')),
    duration_minutes integer NOT NULL CHECK (duration_minutes > 0),
    round integer NOT NULL DEFAULT 1,
    excluded_mitra_ids uuid[] NOT NULL DEFAULT '{}',
    pairing_deadline timestamptz,
    started_at timestamptz,
    expires_at timestamptz,
    paused_at timestamptz,
    remaining interval,
    closing_ends_at timestamptz,
    closing_cause text,
    unused_seconds integer NOT NULL DEFAULT 0 CHECK (unused_seconds >= 0),
    ended_at timestamptz,
    end_reason text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (status NOT IN ('pending_payment', 'active', 'extending', 'closing') OR mitra_id IS NOT NULL),
    CHECK (status NOT IN ('active', 'extending', 'closing') OR (expires_at IS NOT NULL AND started_at IS NOT NULL)),
    CHECK (status NOT IN ('searching', 'pending_acceptance') OR (pairing_deadline IS NOT NULL AND mitra_id IS NULL)),
    CHECK ((status = 'extending') = (paused_at IS NOT NULL)),
    CHECK (status <> 'closing' OR closing_ends_at IS NOT NULL),
    CHECK ((status IN ('completed', 'cancelled', 'failed')) = (end_reason IS NOT NULL)),
    CHECK ((end_reason IS NULL) = (ended_at IS NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE core.chat_sessions IS 'One request for a conversation, from the search to its end.';
COMMENT ON COLUMN core.chat_sessions.round IS 'Search number: 1, and one more at each reroute.';
COMMENT ON COLUMN core.chat_sessions.remaining IS 'Bought time still to be used, kept while a rerouted session looks for another mitra.';
COMMENT ON COLUMN core.chat_sessions.unused_seconds IS 'Bought time that was not used when the session closed early.';
COMMENT ON COLUMN core.chat_sessions.closing_cause IS 'Why the session is closing; becomes end_reason when the grace ends.';
CREATE UNIQUE INDEX chat_sessions_one_open ON core.chat_sessions (customer_id)
    WHERE status IN ('searching', 'pending_acceptance', 'pending_payment', 'active', 'extending', 'closing');
CREATE INDEX chat_sessions_slots ON core.chat_sessions (mitra_id)
    WHERE status IN ('active', 'pending_payment', 'extending');
CREATE INDEX chat_sessions_waiting ON core.chat_sessions (created_at, id) WHERE status = 'searching';
CREATE INDEX chat_sessions_pairing_deadline ON core.chat_sessions (pairing_deadline) WHERE status = 'searching';
CREATE INDEX chat_sessions_expiry ON core.chat_sessions (expires_at) WHERE status = 'active';
CREATE INDEX chat_sessions_grace ON core.chat_sessions (closing_ends_at) WHERE status = 'closing';
CREATE INDEX chat_sessions_of_customer ON core.chat_sessions (customer_id, created_at DESC, id DESC);
CREATE INDEX chat_sessions_of_mitra ON core.chat_sessions (mitra_id, created_at DESC, id DESC);
CREATE INDEX chat_sessions_recent ON core.chat_sessions (created_at);
CREATE INDEX chat_sessions_sensitive ON core.chat_sessions (created_at) WHERE topic_sensitivity = 'sensitive';

CREATE TABLE core.payment_requests (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES core.customers,
    package_id uuid REFERENCES core.price_packages,
    session_id uuid REFERENCES core.chat_sessions,
    status text NOT NULL DEFAULT 'pending' CHECK (status IN (
        'pending', 'confirmed', 'consumed', 'expired', 'cancelled', 'failed', 'failed_delivery', 'paid_late')),
    duration_minutes integer NOT NULL CHECK (duration_minutes > 0),
    amount bigint NOT NULL CHECK (amount > 0),
    is_extension boolean NOT NULL DEFAULT false,
    is_first_session_discount boolean NOT NULL DEFAULT false,
    provider text NOT NULL DEFAULT 'manual' CHECK (provider IN ('manual', 'xendit')),
    provider_ref text,
    checkout_url text,
    expires_at timestamptz NOT NULL DEFAULT clock_timestamp() + interval '900 seconds',
    paid_at timestamptz,
    confirmed_at timestamptz,
    consumed_at timestamptz,
    failure_cause text,
    refund_status text NOT NULL DEFAULT 'none' CHECK (refund_status IN ('none', 'due', 'requested', 'refunded')),
    refund_due_amount bigint NOT NULL DEFAULT 0 CHECK (refund_due_amount >= 0),
    refunded_amount bigint NOT NULL DEFAULT 0 CHECK (refunded_amount >= 0),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT payment_requests_every_rupiah CHECK (CASE
        WHEN status IN ('pending', 'expired', 'cancelled') THEN confirmed_at IS NULL AND refund_due_amount + refunded_amount = 0
        WHEN status = 'confirmed' THEN confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount = 0
        WHEN status = 'consumed' THEN confirmed_at IS NOT NULL AND consumed_at IS NOT NULL
            AND refund_due_amount + refunded_amount <= amount
        ELSE confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount = amount END),
    CONSTRAINT payment_requests_refund_status CHECK (CASE refund_status
        WHEN 'none' THEN refund_due_amount + refunded_amount = 0
        WHEN 'refunded' THEN refund_due_amount = 0 AND refunded_amount > 0
        ELSE refund_due_amount > 0 END)
);
COMMENT ON TABLE core.payment_requests IS 'A request for money and what became of every rupiah of it: held, kept, refund due or refunded.';
COMMENT ON COLUMN core.payment_requests.session_id IS 'The session it opened, or, for an extension, the session it prolongs.';
COMMENT ON COLUMN core.payment_requests.refund_due_amount IS 'Owed to the customer and not yet refunded, asked for or not.';
CREATE UNIQUE INDEX payment_requests_one_discount ON core.payment_requests (customer_id)
    WHERE is_first_session_discount AND status IN ('confirmed', 'consumed');
CREATE UNIQUE INDEX payment_requests_one_base ON core.payment_requests (session_id) WHERE NOT is_extension;
CREATE INDEX payment_requests_of_session ON core.payment_requests (session_id);
CREATE INDEX payment_requests_of_customer ON core.payment_requests (customer_id, created_at DESC);
CREATE INDEX payment_requests_expiry ON core.payment_requests (expires_at) WHERE status = 'pending';
CREATE INDEX payment_requests_held ON core.payment_requests (confirmed_at) WHERE status = 'confirmed';
CREATE INDEX payment_requests_refunds ON core.payment_requests (refund_status) WHERE refund_status IN ('due', 'requested');
CREATE UNIQUE INDEX payment_requests_provider_ref ON core.payment_requests (provider, provider_ref);

CREATE TABLE core.webhook_receipts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    provider text NOT NULL,
    receipt_key text NOT NULL,
    event text,
    body jsonb NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    verified_at timestamptz,
    processed_at timestamptz,
    outcome text,
    is_flagged boolean NOT NULL DEFAULT false,
    UNIQUE (provider, receipt_key)
);
COMMENT ON TABLE core.webhook_receipts IS 'Every webhook as received; a repeat finds its key here.';
CREATE INDEX webhook_receipts_open ON core.webhook_receipts (received_at) WHERE processed_at IS NULL;

CREATE TABLE core.pairing_offers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    round integer NOT NULL,
    wave integer NOT NULL,
    status text NOT NULL DEFAULT 'offered' CHECK (status IN (
        'offered', 'accepted', 'declined', 'expired', 'rescinded', 'cancelled')),
    offered_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    settled_at timestamptz,
    UNIQUE (session_id, round, mitra_id),
    CHECK ((status = 'offered') = (settled_at IS NULL))
) WITH (fillfactor = 80);
COMMENT ON TABLE core.pairing_offers IS 'One session offered to one mitra in one wave of one round.';
CREATE UNIQUE INDEX pairing_offers_one_winner ON core.pairing_offers (session_id, round) WHERE status = 'accepted';
CREATE INDEX pairing_offers_live ON core.pairing_offers (session_id) WHERE status = 'offered';
CREATE INDEX pairing_offers_live_of_mitra ON core.pairing_offers (mitra_id) WHERE status = 'offered';
CREATE INDEX pairing_offers_deadline ON core.pairing_offers (expires_at) WHERE status = 'offered';
CREATE INDEX pairing_offers_of_mitra ON core.pairing_offers (mitra_id, offered_at DESC);
CREATE INDEX pairing_offers_recent ON core.pairing_offers (offered_at);

CREATE TABLE core.pairing_failures (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    cause_tag text NOT NULL,
    session_id uuid REFERENCES core.chat_sessions,
    payment_request_id uuid REFERENCES core.payment_requests,
    customer_id uuid REFERENCES core.customers,
    mitra_id uuid REFERENCES core.mitras,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.pairing_failures IS 'Audit of what did not come to be: searches, deliveries and extensions that failed, and why.';
CREATE INDEX pairing_failures_recent ON core.pairing_failures (created_at);
CREATE INDEX pairing_failures_of_session ON core.pairing_failures (session_id);

CREATE TABLE core.session_extensions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    requested_duration_minutes integer NOT NULL CHECK (requested_duration_minutes > 0),
    requested_price bigint NOT NULL CHECK (requested_price > 0),
    status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'accepted', 'rejected', 'timeout', 'cancelled')),
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    responded_at timestamptz,
    payment_request_id uuid NOT NULL UNIQUE REFERENCES core.payment_requests,
    CHECK ((status = 'pending') = (responded_at IS NULL))
);
COMMENT ON TABLE core.session_extensions IS 'A paid request to go on, and the mitra''s answer.';
CREATE UNIQUE INDEX session_extensions_one_pending ON core.session_extensions (session_id) WHERE status = 'pending';
CREATE INDEX session_extensions_deadline ON core.session_extensions (expires_at) WHERE status = 'pending';

CREATE TABLE core.session_warnings (
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    seconds integer NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (session_id, seconds)
);
COMMENT ON TABLE core.session_warnings IS 'Warnings still to be given for the present expires_at of an active session.';
CREATE INDEX session_warnings_due ON core.session_warnings (due_at);

CREATE TABLE core.customer_transactions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES core.customers,
    session_id uuid REFERENCES core.chat_sessions,
    payment_request_id uuid REFERENCES core.payment_requests,
    type text NOT NULL CHECK (type IN ('session', 'extension', 'refund', 'credit')),
    amount bigint NOT NULL,
    details jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.customer_transactions IS 'What the customer was charged and given back. Rows are only ever added.';
CREATE INDEX customer_transactions_of_customer ON core.customer_transactions (customer_id, created_at DESC);
CREATE INDEX customer_transactions_of_session ON core.customer_transactions (session_id);
CREATE UNIQUE INDEX customer_transactions_one_charge ON core.customer_transactions (payment_request_id)
    WHERE type IN ('session', 'extension');
CREATE INDEX customer_transactions_recent ON core.customer_transactions (created_at);

CREATE TABLE core.session_ratings (
    session_id uuid PRIMARY KEY REFERENCES core.chat_sessions,
    rating integer NOT NULL CHECK (rating BETWEEN 1 AND 5),
    comment text CHECK (length(comment) <= 1000),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.session_ratings IS 'What the customer thought of a session, once.';

RESET ROLE;
