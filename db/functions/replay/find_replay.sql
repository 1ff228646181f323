CREATE OR REPLACE FUNCTION api.find_replay(p_replay_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_replay core.replays;
BEGIN
    PERFORM core.require('replay_id', p_replay_id::text);
    SELECT * INTO v_replay FROM core.replays WHERE id = p_replay_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('replay');
    END IF;
    RETURN core.replay_json(v_replay);
END
$$;

COMMENT ON FUNCTION api.find_replay(uuid) IS $$
A replay that was asked for, how far it is, and its figures when it is done.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_replay(uuid) TO halo_cc;
