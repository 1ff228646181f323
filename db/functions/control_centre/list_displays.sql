CREATE OR REPLACE FUNCTION api.list_displays(p_limit integer DEFAULT 50, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_key text[];
    v_displays core.auth_sessions[];
BEGIN
    PERFORM core.require_page(p_limit);

    -- Find a page and one row more. The index of living logins of operators holds few rows.
    v_key := core.cursor_key(p_cursor, 'time', 'uuid');
    v_displays := ARRAY(
        SELECT display FROM core.auth_sessions AS display
        WHERE display.user_type = 'cc'
            AND display.revoked_at IS NULL
            AND display.kind = 'display'
            AND display.expires_at > clock_timestamp()
            AND (v_key IS NULL
                OR (display.created_at, display.id) < (v_key[1]::timestamptz, v_key[2]::uuid))
        ORDER BY display.created_at DESC, display.id DESC LIMIT p_limit + 1);

    RETURN jsonb_build_object(
        'items', (
            SELECT coalesce(jsonb_agg(
                core.display_json(display) ORDER BY display.created_at DESC, display.id DESC), '[]')
            FROM unnest(v_displays[1:p_limit]) AS display),
        'next_cursor', CASE WHEN cardinality(v_displays) > p_limit
            THEN core.cursor(
                core.instant((v_displays[p_limit]).created_at),
                (v_displays[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_displays(integer, text) IS $$
{items, next_cursor}: the displays (core.display_json) that were neither ended nor are at their end,
newest first, p_limit (1 to 200) a page. One whose user may not see the figures is among them: it
shows nothing until the user may again.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.list_displays(integer, text) TO halo_cc;
