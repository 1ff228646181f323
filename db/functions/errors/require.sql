CREATE OR REPLACE FUNCTION core.require(VARIADIC p_names_and_values text[])
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    FOR i IN 1 .. array_length(p_names_and_values, 1) BY 2 LOOP
        IF p_names_and_values[i + 1] IS NULL THEN
            PERFORM core.refuse('VALIDATION_ERROR', p_names_and_values[i] || ' is required.',
                'Give a value for ' || p_names_and_values[i] || '.', p_names_and_values[i]);
        END IF;
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.require(text[]) IS $$
Refuses VALIDATION_ERROR for the first null among (name, value) pairs.
$$;
