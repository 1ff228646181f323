SET LOCAL ROLE halo_owner;

CREATE TABLE core.app_config (
    key text PRIMARY KEY,
    value jsonb NOT NULL,
    version integer NOT NULL DEFAULT 1,
    updated_by text NOT NULL DEFAULT 'migrate',
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.app_config IS 'The rules the business changes. Types, ranges and meanings: SELECT * FROM api.config().';

CREATE TABLE core.roles (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{1,62}$'),
    permissions jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.roles IS 'What a control centre user may do: {"resource": ["action", …]}.';

CREATE TABLE core.control_center_users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email text NOT NULL UNIQUE CHECK (email = lower(email) AND email ~ '^[^@\s]+@[^@\s]+$'),
    display_name text NOT NULL CHECK (length(display_name) BETWEEN 1 AND 80),
    role_id uuid NOT NULL REFERENCES core.roles,
    password_hash text NOT NULL,
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.control_center_users IS 'The operators.';

CREATE TABLE core.audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    before jsonb,
    after jsonb,
    request_id text
);
COMMENT ON TABLE core.audit_log IS 'Every write of the control centre and every change of configuration. Rows are only ever added.';
CREATE INDEX audit_log_recent ON core.audit_log (at DESC);

CREATE TABLE core.message_templates (
    name text NOT NULL,
    locale text NOT NULL CHECK (locale IN ('id', 'en')),
    title text NOT NULL,
    body text NOT NULL,
    action text NOT NULL,
    PRIMARY KEY (name, locale)
);
COMMENT ON TABLE core.message_templates IS 'Texts of pushes, by event and language.';

CREATE TABLE core.idempotency_keys (
    user_key text NOT NULL,
    method text NOT NULL,
    path text NOT NULL,
    key text NOT NULL,
    body_hash bytea NOT NULL,
    status integer NOT NULL,
    reply jsonb,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (user_key, method, path, key)
);
COMMENT ON TABLE core.idempotency_keys IS 'Replies to be replayed to a request sent again, for 24 hours.';
CREATE INDEX idempotency_keys_age ON core.idempotency_keys (created_at);

CREATE TABLE core.leaderships (
    name text PRIMARY KEY,
    epoch bigint NOT NULL,
    holder text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE core.leaderships IS 'Who leads what must not run twice; the epoch grows at each change and fences late writes.';

CREATE TABLE core.deadline_runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    lateness_ms double precision[] NOT NULL
);
COMMENT ON TABLE core.deadline_runs IS 'How late each due thing was settled, one row a batch; read through ops.deadline_lateness.';
CREATE INDEX deadline_runs_at ON core.deadline_runs (at);

RESET ROLE;
