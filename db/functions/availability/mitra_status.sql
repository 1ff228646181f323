CREATE OR REPLACE FUNCTION api.mitra_status(p_mitra_id uuid)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_status jsonb;
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    v_status := core.mitra_status_json(p_mitra_id);
    IF v_status IS NULL THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    RETURN v_status;
END
$$;

COMMENT ON FUNCTION api.mitra_status(uuid) IS $$
Intent, activity, capacity and whether the mitra is available, as PostgreSQL sees it (its heartbeat
copy is up to a minute old).
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_status(uuid) TO halo_app;
