CREATE OR REPLACE FUNCTION core.check_replay(
    p_from timestamptz, p_to timestamptz, p_settings jsonb)
RETURNS bigint
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_key text;
BEGIN
    -- The time, then each rule.
    IF p_to > clock_timestamp() OR p_from >= p_to THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A replay is of a time that is over.',
            'Give from, and a later to.', 'to');
    ELSIF p_to - p_from > interval '7 days' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A replay is of at most 7 days.',
            'Replay a part of it.', 'from');
    ELSIF jsonb_typeof(p_settings) <> 'object' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'Settings are an object.',
            'Give each rule and its value.', 'settings');
    END IF;
    FOR v_key IN SELECT jsonb_object_keys(p_settings) LOOP
        IF v_key <> ALL (core.replay_rules()) THEN
            PERFORM core.refuse('VALIDATION_ERROR', 'A replay does not know this rule: ' || v_key,
                'Choose one of ' || array_to_string(core.replay_rules(), ', ') || '.', 'settings');
        END IF;
        PERFORM core.check_config_value(v_key, p_settings -> v_key);
    END LOOP;
    RETURN (SELECT count(*) FROM core.replay_searches(p_from, p_to));
END
$$;

COMMENT ON FUNCTION core.check_replay(timestamptz, timestamptz, jsonb) IS $$
Refuses what can't be replayed, and returns how many searches there are.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
