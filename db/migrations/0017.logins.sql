-- depends: 0014.leases

SET LOCAL ROLE halo_owner;

ALTER TABLE core.auth_sessions
    ADD COLUMN generation integer,
    ADD COLUMN refreshed_at timestamptz,
    ADD COLUMN successor_hash bytea,
    ADD CONSTRAINT auth_sessions_generation_is_whole
        CHECK (num_nulls(generation, refreshed_at, successor_hash) IN (0, 3) AND generation > 0) NOT VALID;
COMMENT ON COLUMN core.auth_sessions.generation IS 'How many successors this token has had, one at a time; null while it was never refreshed.';
COMMENT ON COLUMN core.auth_sessions.refreshed_at IS 'When its present successor was made: a window of refresh_reuse_seconds begins.';
COMMENT ON COLUMN core.auth_sessions.successor_hash IS 'The hash of its present successor.';

ALTER TABLE core.otp_challenges
    ADD COLUMN asked_from text,
    ADD COLUMN other_tries integer NOT NULL DEFAULT 0;
COMMENT ON TABLE core.otp_challenges IS 'The code last sent to a phone: one at a time, for five minutes. The hash is keyed outside the database.';
COMMENT ON COLUMN core.otp_challenges.asked_from IS 'The address that asked for the code.';
COMMENT ON COLUMN core.otp_challenges.tries IS 'Tries of that address, five at most.';
COMMENT ON COLUMN core.otp_challenges.other_tries IS 'Tries of all other addresses together, five at most.';

CREATE TABLE core.login_addresses (
    email text NOT NULL,
    address text NOT NULL,
    logged_in_at timestamptz,
    tried_at timestamptz NOT NULL,
    failed_at timestamptz[] NOT NULL DEFAULT '{}',
    PRIMARY KEY (email, address)
);
COMMENT ON TABLE core.login_addresses IS 'From where people try to log in to the control centre, with which e-mail address: what slows guesses down. The e-mail address need not be known.';
COMMENT ON COLUMN core.login_addresses.logged_in_at IS 'The last login from this address; null = never.';
COMMENT ON COLUMN core.login_addresses.tried_at IS 'The last try that was let through.';
COMMENT ON COLUMN core.login_addresses.failed_at IS 'Its failures of the last hour, and tries under way.';

ALTER TABLE core.customers ADD COLUMN merged_at timestamptz;
COMMENT ON COLUMN core.customers.merged_at IS 'When this anonymous customer last logged in as the owner of a phone: money for older payment requests is owed back.';

RESET ROLE;
