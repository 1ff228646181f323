-- squawk-ignore-file ban-drop-constraint
SET LOCAL ROLE halo_owner;

-- A refund goes by the provider, by bank, or to the customer's balance.
ALTER TABLE core.refunds
    ADD COLUMN way text NOT NULL DEFAULT 'provider',
    ADD COLUMN confirmed_by uuid,
    ADD COLUMN bank text,
    ADD COLUMN reference text,
    ADD COLUMN paid_at timestamptz,
    ADD CONSTRAINT refunds_way CHECK (way IN ('provider', 'transfer', 'credit')) NOT VALID,
    ADD CONSTRAINT refunds_transfer CHECK (way <> 'transfer' OR status <> 'succeeded' OR (
        bank IS NOT NULL AND reference IS NOT NULL AND paid_at IS NOT NULL
        AND actor_id IS NOT NULL AND confirmed_by IS NOT NULL AND actor_id <> confirmed_by)) NOT VALID;
COMMENT ON TABLE core.refunds IS 'Money asked to be paid back. By way provider the id is the idempotency key there, so asking again pays once.';
COMMENT ON COLUMN core.refunds.way IS 'provider; transfer: operators pay by bank; credit: to the customer''s balance.';
COMMENT ON COLUMN core.refunds.actor_id IS 'The user who asked for it; null for a DBA.';
COMMENT ON COLUMN core.refunds.confirmed_by IS 'The second user, who said that it was paid, or was not.';
COMMENT ON COLUMN core.refunds.bank IS 'Of a transfer: through which bank it was paid.';
COMMENT ON COLUMN core.refunds.reference IS 'Of a transfer: the bank''s reference.';
COMMENT ON COLUMN core.refunds.paid_at IS 'Of a transfer: when the bank paid it.';

-- What was credited is the customer's, and is neither kept nor due any more. The checks that stood here allowed less.
ALTER TABLE core.payment_requests
    ADD COLUMN credited_amount bigint NOT NULL DEFAULT 0,
    ADD COLUMN provider_channel text,
    ADD CONSTRAINT payment_requests_credited CHECK (credited_amount >= 0) NOT VALID,
    DROP CONSTRAINT payment_requests_provider_check,
    ADD CONSTRAINT payment_requests_provider_check CHECK (provider IN ('manual', 'xendit', 'credit')) NOT VALID,
    DROP CONSTRAINT payment_requests_every_rupiah,
    ADD CONSTRAINT payment_requests_every_rupiah CHECK (CASE
        WHEN status IN ('pending', 'expired', 'cancelled')
        THEN confirmed_at IS NULL AND refund_due_amount + refunded_amount + credited_amount = 0
        WHEN status = 'confirmed'
        THEN confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount + credited_amount = 0
        WHEN status = 'consumed' THEN confirmed_at IS NOT NULL AND consumed_at IS NOT NULL
            AND refund_due_amount + refunded_amount + credited_amount <= amount
        ELSE confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount + credited_amount = amount END) NOT VALID,
    DROP CONSTRAINT payment_requests_refund_status,
    ADD CONSTRAINT payment_requests_refund_status CHECK (CASE refund_status
        WHEN 'none' THEN refund_due_amount + refunded_amount + credited_amount = 0
        WHEN 'refunded' THEN refund_due_amount = 0 AND refunded_amount + credited_amount > 0
        ELSE refund_due_amount > 0 END) NOT VALID;
COMMENT ON TABLE core.payment_requests IS 'A request for money and what became of every rupiah of it: held, kept, refund due, refunded or credited.';
COMMENT ON COLUMN core.payment_requests.credited_amount IS 'What of it was given back into the customer''s balance.';
COMMENT ON COLUMN core.payment_requests.provider_channel IS 'How it was paid, in the provider''s words (QRIS, ID_OVO); some channels can''t be refunded.';

CREATE TABLE core.balance_entries (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES core.customers,
    kind text NOT NULL CHECK (kind IN ('credited', 'spent', 'returned')),
    amount bigint NOT NULL,
    payment_request_id uuid NOT NULL REFERENCES core.payment_requests,
    refund_id uuid UNIQUE REFERENCES core.refunds,
    request_key text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK ((kind = 'credited') = (refund_id IS NOT NULL)),
    CHECK (CASE kind WHEN 'credited' THEN amount > 0 ELSE amount < 0 END)
);
COMMENT ON TABLE core.balance_entries IS
'What went into customers'' balances, and out of them. Their sum is the balance. Rows are only ever added, under the customer''s lock.';
COMMENT ON COLUMN core.balance_entries.kind IS
'credited: a refund went into the balance; spent: it paid for a request; returned: it is due again, of the request that it came from.';
COMMENT ON COLUMN core.balance_entries.amount IS 'Whole rupiah; below 0 when it left the balance.';
COMMENT ON COLUMN core.balance_entries.request_key IS 'Of the request that spent it: the same request again finds what it bought.';
CREATE INDEX balance_entries_of_customer ON core.balance_entries (customer_id, created_at DESC);
CREATE INDEX balance_entries_of_payment ON core.balance_entries (payment_request_id);
CREATE UNIQUE INDEX balance_entries_one_purchase ON core.balance_entries (payment_request_id) WHERE kind = 'spent';
CREATE UNIQUE INDEX balance_entries_request_key ON core.balance_entries (customer_id, request_key) WHERE request_key IS NOT NULL;

ALTER TABLE core.customer_transactions
    DROP CONSTRAINT customer_transactions_type_check,
    ADD CONSTRAINT customer_transactions_type_check
    CHECK (type IN ('session', 'extension', 'refund', 'credit', 'balance')) NOT VALID;

RESET ROLE;
