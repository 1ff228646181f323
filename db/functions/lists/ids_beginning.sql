CREATE OR REPLACE FUNCTION core.ids_beginning(p_begin text)
RETURNS uuid[]
LANGUAGE plpgsql IMMUTABLE
AS $$
DECLARE
    v_digits text := replace(lower(trim(p_begin)), '-', '');
BEGIN
    RETURN CASE WHEN v_digits ~ '^[0-9a-f]{8,32}$'
        THEN ARRAY[rpad(v_digits, 32, '0')::uuid, rpad(v_digits, 32, 'f')::uuid] END;
END
$$;

COMMENT ON FUNCTION core.ids_beginning(text) IS $$
The first and the last id that begin like this: at least the 8 characters by which screens show an
id; null for a text that begins none. Raises nothing.
$$;
