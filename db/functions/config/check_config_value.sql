CREATE OR REPLACE FUNCTION core.check_config_value(p_key text, p_value jsonb)
RETURNS void
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_key record;
    v_number jsonb;
BEGIN
    SELECT * INTO v_key FROM core.config_keys() AS known WHERE known.key = p_key;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown_key(p_key);

    -- What is no number is judged at once.
    ELSIF v_key.type = 'boolean' AND jsonb_typeof(p_value) IS DISTINCT FROM 'boolean' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', p_key || ' must be true or false.',
            'Give true or false.', 'value');
    ELSIF v_key.type = 'choice' AND (
        jsonb_typeof(p_value) IS DISTINCT FROM 'string'
        OR NOT p_value #>> '{}' = ANY (v_key.choices))
    THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR',
            p_key || ' must be one of ' || array_to_string(v_key.choices, ', ') || '.',
            'Choose one of them.', 'value');
    ELSIF v_key.type = 'time_zone' AND (
        jsonb_typeof(p_value) IS DISTINCT FROM 'string'
        OR NOT core.is_time_zone(p_value #>> '{}'))
    THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', p_key || ' must be a time zone of IANA''s list.',
            'Give a name such as Asia/Jakarta.', 'value');
    ELSIF v_key.type = 'time_zone' AND NOT core.has_full_hours(p_value #>> '{}') THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR', p_key || ' must be a whole number of hours away from UTC.',
            'Choose a zone whose clocks show the same minutes as UTC.', 'value');
    ELSIF v_key.type = 'integers' AND jsonb_typeof(p_value) IS DISTINCT FROM 'array' THEN
        PERFORM core.refuse(
            'VALIDATION_ERROR',
            format('%s must be a list of whole numbers of %s from %s to %s.',
                p_key, core.config_unit(p_key), v_key.minimum, v_key.maximum),
            'Give a list such as [180, 60].', 'value');

    -- One number is judged as a list of that number. A list is refused where one number belongs.
    ELSIF v_key.type IN ('integer', 'integers') THEN
        FOR v_number IN
            SELECT * FROM jsonb_array_elements(CASE jsonb_typeof(p_value)
                WHEN 'array' THEN p_value ELSE jsonb_build_array(p_value) END)
        LOOP
            IF (v_key.type = 'integer' AND jsonb_typeof(p_value) = 'array')
                OR jsonb_typeof(v_number) IS DISTINCT FROM 'number'
                OR v_number::numeric <> trunc(v_number::numeric)
                OR v_number::numeric NOT BETWEEN v_key.minimum AND v_key.maximum
            THEN
                PERFORM core.refuse(
                    'VALIDATION_ERROR',
                    format('%s must be a whole number of %s from %s to %s.',
                        p_key, core.config_unit(p_key), v_key.minimum, v_key.maximum),
                    'Give a number in that range.', 'value');
            END IF;
        END LOOP;
    END IF;
END
$$;

COMMENT ON FUNCTION core.check_config_value(text, jsonb) IS $$
Refuses a value that its key's type, range or choices do not allow.
$$;
