SET LOCAL ROLE halo_owner;

CREATE TABLE core.replays (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    actor_id uuid,
    from_at timestamptz NOT NULL,
    to_at timestamptz NOT NULL,
    settings jsonb NOT NULL,
    seed integer NOT NULL,
    searches bigint NOT NULL,
    done_until timestamptz NOT NULL,
    counts jsonb NOT NULL DEFAULT '{}',
    requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    again_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at timestamptz,
    is_cancelled boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE core.replays IS 'What operators asked of ops.replay, made part by part in the background. A replay writes nothing else.';
COMMENT ON COLUMN core.replays.done_until IS 'Up to when it is replayed.';
COMMENT ON COLUMN core.replays.again_at IS 'When somebody may work on it: a minute after a claim, so that one that fails holds up no other.';
CREATE INDEX replays_open ON core.replays (again_at) WHERE ended_at IS NULL;
CREATE INDEX replays_of_actor ON core.replays (actor_id, requested_at DESC);

RESET ROLE;
