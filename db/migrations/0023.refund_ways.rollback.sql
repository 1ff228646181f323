SET LOCAL ROLE halo_owner;
ALTER TABLE core.customer_transactions
    DROP CONSTRAINT customer_transactions_type_check,
    ADD CONSTRAINT customer_transactions_type_check CHECK (type IN ('session', 'extension', 'refund', 'credit'));
DROP TABLE core.balance_entries CASCADE;
ALTER TABLE core.payment_requests
    DROP CONSTRAINT payment_requests_provider_check,
    ADD CONSTRAINT payment_requests_provider_check CHECK (provider IN ('manual', 'xendit')),
    DROP CONSTRAINT payment_requests_every_rupiah,
    ADD CONSTRAINT payment_requests_every_rupiah CHECK (CASE
        WHEN status IN ('pending', 'expired', 'cancelled') THEN confirmed_at IS NULL AND refund_due_amount + refunded_amount = 0
        WHEN status = 'confirmed' THEN confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount = 0
        WHEN status = 'consumed' THEN confirmed_at IS NOT NULL AND consumed_at IS NOT NULL
            AND refund_due_amount + refunded_amount <= amount
        ELSE confirmed_at IS NOT NULL AND refund_due_amount + refunded_amount = amount END),
    DROP CONSTRAINT payment_requests_refund_status,
    ADD CONSTRAINT payment_requests_refund_status CHECK (CASE refund_status
        WHEN 'none' THEN refund_due_amount + refunded_amount = 0
        WHEN 'refunded' THEN refund_due_amount = 0 AND refunded_amount > 0
        ELSE refund_due_amount > 0 END),
    DROP COLUMN provider_channel CASCADE,
    DROP COLUMN credited_amount CASCADE;
COMMENT ON TABLE core.payment_requests IS 'A request for money and what became of every rupiah of it: held, kept, refund due or refunded.';
ALTER TABLE core.refunds
    DROP COLUMN way CASCADE,
    DROP COLUMN confirmed_by CASCADE,
    DROP COLUMN bank CASCADE,
    DROP COLUMN reference CASCADE,
    DROP COLUMN paid_at CASCADE;
COMMENT ON TABLE core.refunds IS 'Money asked to be paid back. The id is the idempotency key at the provider, so asking again pays once.';
COMMENT ON COLUMN core.refunds.actor_id IS NULL;
RESET ROLE;
