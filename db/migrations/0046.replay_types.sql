SET LOCAL ROLE halo_owner;

CREATE TYPE core.replay_span AS (
    mitra_id uuid, session_id uuid, began_at timestamptz, ended_at timestamptz);
COMMENT ON TYPE core.replay_span IS 'When a session held a slot of a mitra, or, without a session, when the mitra was online.';

CREATE TYPE core.replay_mitra AS (
    mitra_id uuid, own_maximum integer, answer text, after interval, slowest interval);
COMMENT ON TYPE core.replay_mitra IS 'What a mitra would answer to an offer of one search (accepted, declined or expired), and after how long; and its slowest accept.';

RESET ROLE;
