SET LOCAL ROLE halo_owner;

CREATE TABLE core.data_exports (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    user_type text NOT NULL CHECK (user_type IN ('customer', 'mitra')),
    user_id uuid NOT NULL,
    relation text NOT NULL DEFAULT '',
    after text NOT NULL DEFAULT '',
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    again_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ready_at timestamptz,
    UNIQUE (user_type, user_id)
);
COMMENT ON TABLE core.data_exports IS 'Everything about oneself, as a customer or mitra asked for it: the last export of each. Locked after the account.';
COMMENT ON COLUMN core.data_exports.relation IS 'The table that is being copied; tables before it, by name, are copied. Empty = none yet.';
COMMENT ON COLUMN core.data_exports.after IS 'The key of the last row of it that was copied.';
COMMENT ON COLUMN core.data_exports.again_at IS 'When somebody may work on it: a minute after a claim, so that an export that fails holds up no other.';
CREATE INDEX data_exports_open ON core.data_exports (again_at) WHERE ready_at IS NULL;

CREATE TABLE core.data_export_parts (
    export_id uuid NOT NULL REFERENCES core.data_exports ON DELETE CASCADE,
    number integer NOT NULL,
    relation text NOT NULL,
    rows jsonb NOT NULL,
    PRIMARY KEY (export_id, number)
);
COMMENT ON TABLE core.data_export_parts IS 'What an export has so far: rows of a table, as they go into the document.';

RESET ROLE;
