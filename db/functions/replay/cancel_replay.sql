CREATE OR REPLACE FUNCTION api.cancel_replay(p_replay_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('replay_id', p_replay_id::text);
    UPDATE core.replays SET ended_at = clock_timestamp(), is_cancelled = true
    WHERE id = p_replay_id AND ended_at IS NULL;
    IF FOUND THEN
        PERFORM core.audit(p_actor_id, 'replay.cancel', p_replay_id::text, NULL, NULL);
    END IF;
    RETURN api.find_replay(p_replay_id);
END
$$;

COMMENT ON FUNCTION api.cancel_replay(uuid, uuid) IS $$
Ends a replay that is still being made, after the part under way. One that has ended stays as it is.
Returns the replay.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.cancel_replay(uuid, uuid) TO halo_cc;
