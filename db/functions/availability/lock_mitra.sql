CREATE OR REPLACE FUNCTION core.lock_mitra(p_mitra_id uuid)
RETURNS core.mitras
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_mitra core.mitras;
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    SELECT * INTO v_mitra FROM core.mitras WHERE id = p_mitra_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    RETURN v_mitra;
END
$$;

COMMENT ON FUNCTION core.lock_mitra(uuid) IS $$
Locks one mitra and returns the row as it is now. Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
