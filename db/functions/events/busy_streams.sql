CREATE OR REPLACE FUNCTION core.busy_streams(p_recipients text[])
RETURNS text[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_held text[];
BEGIN
    v_held := ARRAY(
        SELECT recipient FROM core.event_streams WHERE recipient = ANY (p_recipients)
        ORDER BY recipient FOR NO KEY UPDATE SKIP LOCKED);
    RETURN ARRAY(
        SELECT recipient FROM core.event_streams WHERE recipient = ANY (p_recipients)
        EXCEPT
        SELECT held.recipient FROM unnest(v_held) AS held (recipient));
END
$$;

COMMENT ON FUNCTION core.busy_streams(text[]) IS $$
Locks the streams of these recipients, sorted, without waiting, and returns the streams that
another transaction holds. Streams are locked last: every other lock comes before it.
$$;
