CREATE OR REPLACE FUNCTION api.mitra_status(p_mitra_id uuid, p_is_reachable boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_status jsonb;
BEGIN
    PERFORM core.require('mitra_id', p_mitra_id::text);
    -- What the mirror says of the heartbeat goes before the copy of it here.
    v_status := core.mitra_status_json(p_mitra_id, CASE p_is_reachable
        WHEN true THEN '-infinity'::timestamptz
        WHEN false THEN 'infinity' END);
    IF v_status IS NULL THEN
        PERFORM core.refuse_unknown('mitra');
    END IF;
    RETURN v_status;
END
$$;

COMMENT ON FUNCTION api.mitra_status(uuid, boolean) IS $$
Intent, activity, capacity and whether the mitra is available. p_is_reachable is what the mirror
says of the heartbeat; null = it is not known, and the copy here, up to a minute old, is believed.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.mitra_status(uuid, boolean) TO halo_app;
