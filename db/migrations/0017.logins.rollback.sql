SET LOCAL ROLE halo_owner;
ALTER TABLE core.customers DROP COLUMN merged_at;
DROP TABLE core.login_addresses CASCADE;
ALTER TABLE core.otp_challenges DROP COLUMN asked_from, DROP COLUMN other_tries;
COMMENT ON COLUMN core.otp_challenges.tries IS NULL;
COMMENT ON TABLE core.otp_challenges IS 'The code last sent to a phone: one at a time, five tries, five minutes. The hash is keyed outside the database.';
ALTER TABLE core.auth_sessions DROP COLUMN generation, DROP COLUMN refreshed_at, DROP COLUMN successor_hash;
RESET ROLE;
