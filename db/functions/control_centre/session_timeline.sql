CREATE OR REPLACE FUNCTION api.session_timeline(
    p_session_id uuid,
    p_actor_id uuid DEFAULT NULL,
    p_limit integer DEFAULT NULL,
    p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.known_session(p_session_id);
    RETURN core.page_of((
            SELECT jsonb_agg(
                jsonb_build_object(
                    'at', core.instant(step.at),
                    'what', step.what,
                    'who', step.who,
                    'details', step.details)
                ORDER BY step.place)
            FROM ops.session_timeline(p_session_id) WITH ORDINALITY
                AS step (at, what, who, details, place)
            WHERE step.what <> 'reported' OR p_actor_id IS NULL
                OR core.may(p_actor_id, 'reports', 'read')),
        p_limit, p_cursor);
END
$$;

COMMENT ON FUNCTION api.session_timeline(uuid, uuid, integer, text) IS $$
{items, next_cursor}: the rows of ops.session_timeline, p_limit (1 to 200, null = all) a page, but
for reports when the actor lacks reports:read.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.session_timeline(uuid, uuid, integer, text) TO halo_cc;
