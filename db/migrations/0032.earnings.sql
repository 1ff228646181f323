-- depends: 0031.low_water

SET LOCAL ROLE halo_owner;

-- Null: the session started before there were earnings, and what it keeps is the platform's.
ALTER TABLE core.chat_sessions ADD COLUMN mitra_share_percent integer;
ALTER TABLE core.chat_sessions
    ADD CONSTRAINT chat_sessions_share CHECK (mitra_share_percent BETWEEN 0 AND 100) NOT VALID;
COMMENT ON COLUMN core.chat_sessions.mitra_share_percent IS
'How much of what the session keeps is its mitras''; as it was when the session started. Null: it started before there were earnings.';
ALTER TABLE core.mitras ADD COLUMN mitra_share_percent integer;
ALTER TABLE core.mitras
    ADD CONSTRAINT mitras_share CHECK (mitra_share_percent BETWEEN 0 AND 100) NOT VALID;
COMMENT ON COLUMN core.mitras.mitra_share_percent IS 'This mitra''s own share; null = the setting mitra_share_percent.';

CREATE TABLE core.mitra_earnings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    session_id uuid NOT NULL REFERENCES core.chat_sessions,
    -- Without a foreign key, which would wait for a mitra's held row when due work ends a session. A
    -- mitra with sessions is never deleted.
    mitra_id uuid NOT NULL,
    amount bigint NOT NULL CHECK (amount <> 0),
    kept bigint NOT NULL CHECK (kept >= 0),
    share bigint NOT NULL CHECK (share BETWEEN 0 AND kept),
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.mitra_earnings IS
'What mitras earned by sessions that are over. Rows are only ever added: when what a session keeps changes later, rows bring the sum back to its share.';
COMMENT ON COLUMN core.mitra_earnings.amount IS 'Whole rupiah; below 0 when the session keeps less than before.';
COMMENT ON COLUMN core.mitra_earnings.kept IS 'What the session kept at that moment.';
COMMENT ON COLUMN core.mitra_earnings.share IS 'What of that was its mitras'', all of them together.';
CREATE INDEX mitra_earnings_of_session ON core.mitra_earnings (session_id, mitra_id);
CREATE INDEX mitra_earnings_of_mitra ON core.mitra_earnings (mitra_id, at DESC, id DESC);

CREATE TABLE core.payout_periods (
    until timestamptz PRIMARY KEY,
    actor_id uuid,
    closed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.payout_periods IS 'The moments until which earnings were gathered into payouts.';
COMMENT ON COLUMN core.payout_periods.actor_id IS 'The user who closed it; null for a DBA.';

CREATE TABLE core.payouts (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    until timestamptz NOT NULL REFERENCES core.payout_periods,
    amount bigint NOT NULL CHECK (amount > 0),
    status text NOT NULL DEFAULT 'open' CONSTRAINT payouts_status_check CHECK (status IN ('open', 'held', 'paid', 'failed')),
    reason text,
    actor_id uuid,
    paid_by uuid,
    reference text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    UNIQUE (mitra_id, until),
    CONSTRAINT payouts_paid CHECK (status <> 'paid' OR (
        reference IS NOT NULL AND settled_at IS NOT NULL
        AND actor_id IS NOT NULL AND paid_by IS NOT NULL AND actor_id <> paid_by))
);
COMMENT ON TABLE core.payouts IS 'What a mitra is paid for a period: the sum of the earnings in it, above 0.';
COMMENT ON COLUMN core.payouts.status IS 'open: to be paid; held: not for now; paid; failed: its earnings are owed again.';
COMMENT ON COLUMN core.payouts.reason IS 'Why it is held, or failed.';
COMMENT ON COLUMN core.payouts.actor_id IS 'The first user, who answers for it: who closed the period, or released it last; null for a DBA.';
COMMENT ON COLUMN core.payouts.paid_by IS 'The second user, who said that it was paid.';
COMMENT ON COLUMN core.payouts.reference IS 'The bank''s reference.';
CREATE INDEX payouts_recent ON core.payouts (created_at DESC, id DESC);
CREATE INDEX payouts_of_status ON core.payouts (status, created_at DESC, id DESC);
CREATE INDEX payouts_of_mitra ON core.payouts (mitra_id, created_at DESC, id DESC);
CREATE INDEX payouts_of_period ON core.payouts (until, created_at DESC, id DESC);

CREATE TABLE core.earning_payouts (
    earning_id uuid PRIMARY KEY REFERENCES core.mitra_earnings,
    mitra_id uuid NOT NULL,
    payout_id uuid REFERENCES core.payouts
);
COMMENT ON TABLE core.earning_payouts IS 'In which payout each earning is. Null: in none yet, or in none any more because it failed.';
CREATE INDEX earning_payouts_in_none ON core.earning_payouts (mitra_id) WHERE payout_id IS NULL;
CREATE INDEX earning_payouts_of_payout ON core.earning_payouts (payout_id) WHERE payout_id IS NOT NULL;

RESET ROLE;
