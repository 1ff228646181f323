CREATE OR REPLACE FUNCTION api.config_history(
    p_key text, p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_entries core.audit_log[];
BEGIN
    PERFORM core.require('key', p_key);
    IF core.config_value(p_key) IS NULL THEN
        PERFORM core.refuse_unknown_key(p_key);
    END IF;
    v_entries := core.audit_page(
        NULL, 'config.update', p_key, NULL, NULL, p_limit, p_cursor);
    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                'at', core.instant((entry).at),
                'actor', (entry).actor,
                'before', (entry).before,
                'after', (entry).after,
                'reason', (entry).reason)
                ORDER BY (entry).at DESC, (entry).id DESC)
            FROM unnest(v_entries[1:p_limit]) AS entry), '[]'),
        'next_cursor', CASE WHEN cardinality(v_entries) > p_limit THEN core.cursor(
            core.instant((v_entries[p_limit]).at), (v_entries[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.config_history(text, integer, text) IS $$
{items, next_cursor}: who changed a rule, when, the value before and after, and why; newest first,
p_limit (1 to 200) a page, from the audit log.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.config_history(text, integer, text) TO halo_cc;
