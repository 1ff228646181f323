CREATE OR REPLACE FUNCTION api.make_replay(p_replay_id uuid)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_replay core.replays;
    v_until timestamptz;
    v_counts jsonb;
BEGIN
    PERFORM core.require('replay_id', p_replay_id::text);
    SELECT * INTO v_replay FROM core.replays WHERE id = p_replay_id AND ended_at IS NULL;
    IF NOT FOUND THEN
        RETURN false;
    END IF;

    -- The part is replayed without a lock, so that whoever cancels does not wait; it counts unless
    -- it was cancelled, or made by somebody else, meanwhile.
    v_until := core.replay_until(v_replay.done_until, v_replay.to_at);
    v_counts := core.replay_counts(v_replay.done_until, v_until, v_replay.settings, v_replay.seed,
        v_replay.counts);
    UPDATE core.replays
    SET counts = v_counts, done_until = v_until, again_at = clock_timestamp(),
        ended_at = CASE WHEN v_until = to_at THEN clock_timestamp() END
    WHERE id = p_replay_id AND ended_at IS NULL AND done_until = v_replay.done_until;
    RETURN FOUND AND v_until < v_replay.to_at;
END
$$;

COMMENT ON FUNCTION api.make_replay(uuid) IS $$
Makes the next part of a replay (core.replay_until), and says whether there are more. It can be
called again at any point, and by two at once: a part counts once.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.make_replay(uuid) TO halo_listener;
