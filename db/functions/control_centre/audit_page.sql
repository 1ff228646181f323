CREATE OR REPLACE FUNCTION core.audit_page(
    p_actor text,
    p_action text,
    p_subject text,
    p_from_at timestamptz,
    p_to_at timestamptz,
    p_limit integer,
    p_cursor text,
    p_with_reads boolean DEFAULT NULL)
RETURNS core.audit_log[]
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
BEGIN
    PERFORM core.require_page(p_limit);
    v_before := core.cursor_key(p_cursor, 'time', 'number');

    -- Find. What is not asked for is left out of the plan, so that the index of what is asked for
    -- is read.
    RETURN ARRAY(
        SELECT entry FROM core.audit_log AS entry
        WHERE (p_actor IS NULL OR entry.actor = p_actor)
            AND (p_action IS NULL OR entry.action = p_action)
            AND (p_subject IS NULL OR entry.subject = p_subject)
            AND (p_with_reads IS NOT FALSE OR entry.action <> 'pii.read')
            AND (p_from_at IS NULL OR entry.at >= p_from_at)
            AND (p_to_at IS NULL OR entry.at < p_to_at)
            AND (v_before IS NULL
                OR (entry.at, entry.id) < (v_before[1]::timestamptz, v_before[2]::bigint))
        ORDER BY entry.at DESC, entry.id DESC LIMIT p_limit + 1);
END
$$;

COMMENT ON FUNCTION core.audit_page(
    text, text, text, timestamptz, timestamptz, integer, text, boolean) IS $$
A page of the audit log, newest first, and one row more: the row says that there is a next page. A
null leaves its filter out; p_from_at is inclusive, p_to_at is not. p_with_reads false leaves out
that phones or messages were shown (pii.read).
Raises: VALIDATION_ERROR 422.
$$;
