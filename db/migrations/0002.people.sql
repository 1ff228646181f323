SET LOCAL ROLE halo_owner;

CREATE TABLE core.customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    display_name text CHECK (length(display_name) BETWEEN 1 AND 80),
    phone text UNIQUE CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    is_anonymous boolean NOT NULL DEFAULT true,
    locale text NOT NULL DEFAULT 'id' CHECK (locale IN ('id', 'en')),
    deleted_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.customers IS 'Who pays and chats. Anonymous until a phone is proved by a code.';

CREATE TABLE core.mitras (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
    phone text NOT NULL UNIQUE CHECK (phone ~ '^\+[1-9][0-9]{6,14}$'),
    is_active boolean NOT NULL DEFAULT true,
    max_sessions integer CHECK (max_sessions BETWEEN 1 AND 100),
    locale text NOT NULL DEFAULT 'id' CHECK (locale IN ('id', 'en')),
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.mitras IS 'The partners who answer. Every judgement about a mitra locks this row first.';
COMMENT ON COLUMN core.mitras.max_sessions IS 'Sessions at a time; null = mitra_max_sessions of app_config.';

CREATE TABLE core.mitra_online_status (
    mitra_id uuid PRIMARY KEY REFERENCES core.mitras ON DELETE CASCADE,
    is_online boolean NOT NULL DEFAULT false,
    last_online_at timestamptz,
    last_heartbeat_at timestamptz,
    missed_offers integer NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (fillfactor = 70);
COMMENT ON TABLE core.mitra_online_status IS 'Intent (is_online) and a copy of the heartbeat, at most a minute old while Valkey is up.';
COMMENT ON COLUMN core.mitra_online_status.missed_offers IS 'Offers in a row that expired in silence while online with a free slot.';
CREATE INDEX mitra_online_status_online ON core.mitra_online_status (mitra_id) WHERE is_online;

CREATE TABLE core.mitra_loads (
    mitra_id uuid PRIMARY KEY REFERENCES core.mitras ON DELETE CASCADE,
    capacity integer NOT NULL DEFAULT 0 CHECK (capacity >= 0),
    idle_since timestamptz NOT NULL DEFAULT clock_timestamp(),
    version bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70);
COMMENT ON TABLE core.mitra_loads IS 'Capacity as last recounted from chat_sessions, and the version the Valkey mirror orders its writes by. Written only by core.recount_mitras.';

CREATE TABLE core.mitra_status_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mitra_id uuid NOT NULL REFERENCES core.mitras ON DELETE CASCADE,
    action text NOT NULL CHECK (action IN ('online', 'offline', 'activate', 'deactivate')),
    cause text NOT NULL,
    actor_id uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration interval
);
COMMENT ON TABLE core.mitra_status_log IS 'Ledger of every online, offline, activate and deactivate: who, why, when, and how long the state before it lasted.';
CREATE INDEX mitra_status_log_by_mitra ON core.mitra_status_log (mitra_id, at DESC);

CREATE TABLE core.mitra_withdrawals (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    mitra_id uuid NOT NULL REFERENCES core.mitras ON DELETE CASCADE,
    cause text NOT NULL CHECK (cause IN ('offline', 'deactivated', 'full')),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.mitra_withdrawals IS 'Deadline work: the open offers of this mitra made before due_at are to be cancelled. Whoever takes a mitra away may not lock sessions after it, so it leaves this note to run_due.';
CREATE INDEX mitra_withdrawals_due ON core.mitra_withdrawals (due_at);

CREATE TABLE core.auth_sessions (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_type text NOT NULL CHECK (user_type IN ('customer', 'mitra', 'cc')),
    user_id uuid NOT NULL,
    family uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text,
    CHECK ((revoked_at IS NULL) = (revoked_reason IS NULL))
);
COMMENT ON TABLE core.auth_sessions IS 'One row a refresh token; a family is one login. The access token''s sid is the family.';
CREATE INDEX auth_sessions_live ON core.auth_sessions (user_type, user_id) WHERE revoked_at IS NULL;
CREATE INDEX auth_sessions_family ON core.auth_sessions (family);
CREATE INDEX auth_sessions_expiry ON core.auth_sessions (expires_at);

CREATE TABLE core.otp_challenges (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    phone text NOT NULL,
    user_type text NOT NULL CHECK (user_type IN ('customer', 'mitra')),
    code_hash bytea NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz NOT NULL,
    UNIQUE (phone, user_type)
);
COMMENT ON TABLE core.otp_challenges IS 'The code last sent to a phone: one at a time, five tries, five minutes. The hash is keyed outside the database.';

CREATE TABLE core.push_tokens (
    token text PRIMARY KEY,
    user_type text NOT NULL CHECK (user_type IN ('customer', 'mitra')),
    user_id uuid NOT NULL,
    platform text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.push_tokens IS 'FCM registration tokens; a token belongs to whoever registered it last.';
CREATE INDEX push_tokens_by_user ON core.push_tokens (user_type, user_id);

RESET ROLE;
