SET LOCAL ROLE halo_owner;

CREATE TABLE core.pushes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    recipient text NOT NULL CHECK (recipient ~ '^(customer|mitra):[0-9a-f-]{36}$'),
    token text NOT NULL,
    type text NOT NULL,
    payload jsonb NOT NULL,
    collapse_key text NOT NULL,
    expires_at timestamptz NOT NULL,
    status text NOT NULL DEFAULT 'queued' CHECK (status IN (
        'queued', 'sending', 'sent', 'logged', 'connected', 'cancelled', 'unregistered', 'given_up')),
    claims integer NOT NULL DEFAULT 0,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_error text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    settled_at timestamptz,
    CHECK ((status IN ('queued', 'sending')) = (settled_at IS NULL))
) WITH (fillfactor = 70);
COMMENT ON TABLE core.pushes IS 'One row for each device to which something is to be pushed; written with the event it announces, worked off by api.claim_pushes and api.record_pushes.';
COMMENT ON COLUMN core.pushes.payload IS 'The frame that sockets carry.';
COMMENT ON COLUMN core.pushes.collapse_key IS 'Of the pushes with the same key a phone shows the last one.';
COMMENT ON COLUMN core.pushes.expires_at IS 'When what it announces is over: nothing is sent from then on, nor delivered by FCM.';
COMMENT ON COLUMN core.pushes.status IS $$queued; sending: claimed until next_attempt_at; sent: FCM took it; logged: there are no credentials; connected: the
recipient had a socket; cancelled: what it announces went away, or a newer one says more; unregistered: the device is gone; given_up: FCM refused it,
or failed until its time was over.$$;
COMMENT ON COLUMN core.pushes.claims IS 'How often it was claimed: whoever records an outcome names the claim it made.';
COMMENT ON COLUMN core.pushes.attempts IS 'How often FCM was asked.';
ALTER TABLE core.pushes SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
CREATE INDEX pushes_due ON core.pushes (next_attempt_at) WHERE settled_at IS NULL;
CREATE INDEX pushes_open ON core.pushes (created_at) WHERE settled_at IS NULL;
CREATE INDEX pushes_queued ON core.pushes (token, collapse_key) WHERE status = 'queued';
CREATE INDEX pushes_settled ON core.pushes (settled_at) WHERE settled_at IS NOT NULL;

RESET ROLE;
