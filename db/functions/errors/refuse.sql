CREATE OR REPLACE FUNCTION core.refuse(
    p_code text, p_detail text, p_hint text DEFAULT '', p_field text DEFAULT '',
    p_instead uuid DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    RAISE EXCEPTION USING
        ERRCODE = 'PT' || (
            SELECT refusal.status FROM core.refusals() AS refusal WHERE refusal.code = p_code),
        MESSAGE = p_code,
        DETAIL = p_detail,
        HINT = p_hint,
        COLUMN = p_field,
        CONSTRAINT = coalesce(p_instead::text, '');
END
$$;

COMMENT ON FUNCTION core.refuse(text, text, text, text, uuid) IS $$
Raises the refusal p_code: SQLSTATE PT and its HTTP status (PostgREST's convention), a sentence for
people, what to do, and the field at fault. p_instead, an id to use in that field instead, is
CONSTRAINT.
$$;
