CREATE OR REPLACE FUNCTION api.request_replay(
    p_from_at timestamptz, p_to_at timestamptz, p_settings jsonb, p_actor_id uuid DEFAULT NULL,
    p_seed integer DEFAULT 1)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_replay core.replays;
    v_searches bigint;
BEGIN
    PERFORM core.require(
        'from_at', p_from_at::text,
        'to_at', p_to_at::text,
        'settings', p_settings::text,
        'seed', p_seed::text);
    v_searches := core.check_replay(p_from_at, p_to_at, p_settings);

    -- Too few searches need no work.
    INSERT INTO core.replays (
        actor_id, from_at, to_at, settings, seed, searches, done_until, ended_at)
    VALUES (p_actor_id, p_from_at, p_to_at, p_settings, p_seed, v_searches,
        CASE WHEN v_searches < 200 THEN p_to_at ELSE p_from_at END,
        CASE WHEN v_searches < 200 THEN clock_timestamp() END)
    RETURNING * INTO v_replay;
    PERFORM core.audit(p_actor_id, 'replay.request', v_replay.id::text, NULL, jsonb_build_object(
        'from', core.instant(p_from_at), 'to', core.instant(p_to_at), 'settings', p_settings));
    RETURN core.replay_json(v_replay);
END
$$;

COMMENT ON FUNCTION api.request_replay(timestamptz, timestamptz, jsonb, uuid, integer) IS $$
Asks for ops.replay in the background. Returns the replay; below 200 searches it answers "too few"
at once, otherwise the listener makes it (api.make_replay).
Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (no such rule). Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.request_replay(timestamptz, timestamptz, jsonb, uuid, integer)
TO halo_cc;
