SET LOCAL ROLE halo_owner;

ALTER TABLE core.payment_requests ADD COLUMN provider_payment_ref text;
COMMENT ON COLUMN core.payment_requests.provider_ref IS 'The provider''s id of the payment link.';
COMMENT ON COLUMN core.payment_requests.provider_payment_ref IS 'The provider''s id of the payment itself, known once it has arrived; a refund names it.';
ALTER TABLE core.webhook_receipts ADD COLUMN payment_request_id uuid;
ALTER TABLE core.webhook_receipts ADD CONSTRAINT webhook_receipts_payment_request_id_fkey
    FOREIGN KEY (payment_request_id) REFERENCES core.payment_requests NOT VALID;
COMMENT ON COLUMN core.webhook_receipts.payment_request_id IS 'The payment request it is about; null for none that is known.';

CREATE TABLE core.refunds (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    payment_request_id uuid NOT NULL REFERENCES core.payment_requests,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL DEFAULT 'requested' CHECK (status IN ('requested', 'unanswered', 'succeeded', 'failed')),
    provider_ref text UNIQUE,
    is_unsure boolean NOT NULL DEFAULT false,
    request_key text,
    reason text CHECK (length(reason) <= 500),
    failure text,
    actor_id uuid,
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CHECK ((status IN ('succeeded', 'failed')) = (settled_at IS NOT NULL))
);
COMMENT ON TABLE core.refunds IS 'Money asked to be paid back. The id is the idempotency key at the provider, so asking again pays once.';
COMMENT ON COLUMN core.refunds.status IS 'unanswered: the provider gave no answer, the money is due again, and the next request asks with the same id.';
COMMENT ON COLUMN core.refunds.is_unsure IS 'The provider may have heard of it without our knowing: its refusal of a later request then proves nothing.';
COMMENT ON COLUMN core.refunds.request_key IS 'Of the request that asked for it: the same request again finds it, whatever became of it.';
CREATE UNIQUE INDEX refunds_one_open ON core.refunds (payment_request_id) WHERE status IN ('requested', 'unanswered');
CREATE INDEX refunds_of_payment ON core.refunds (payment_request_id, requested_at DESC);
CREATE INDEX refunds_requested ON core.refunds (id) WHERE status = 'requested';

CREATE TABLE core.session_reroutes (
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    round integer NOT NULL,
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    cause text NOT NULL,
    remaining_seconds integer NOT NULL CHECK (remaining_seconds >= 0),
    actor_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (session_id, round)
);
COMMENT ON TABLE core.session_reroutes IS 'Which mitra a session was taken from, in which round, why, and how much bought time was left.';
CREATE INDEX session_reroutes_of_mitra ON core.session_reroutes (mitra_id, at DESC);

CREATE TABLE core.mitra_reroutes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mitra_id uuid NOT NULL REFERENCES core.mitras ON DELETE CASCADE,
    due_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.mitra_reroutes IS 'Deadline work: the sessions of this deactivated mitra are to be moved to others. Whoever takes a mitra away may not lock sessions after it, so it leaves this note to run_due.';
CREATE INDEX mitra_reroutes_due ON core.mitra_reroutes (due_at);

CREATE TABLE core.idempotency_leases (
    user_key text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    leased_until timestamptz NOT NULL,
    PRIMARY KEY (user_key, method, path, key)
);
COMMENT ON TABLE core.idempotency_leases IS 'Requests being worked on around a call to a provider, which spans transactions; they have no reply yet.';
CREATE INDEX idempotency_leases_end ON core.idempotency_leases (leased_until);

RESET ROLE;
