CREATE OR REPLACE FUNCTION core.pauses_of(p_session_id uuid)
RETURNS tstzmultirange
LANGUAGE sql STABLE
AS $$
SELECT coalesce(range_agg(tstzrange(pause.began_at,
    -- An answer before its question, by a clock that was set back, is a pause of no length.
    CASE WHEN pause.ended_at IS NOT NULL THEN greatest(pause.began_at, pause.ended_at) END)), '{}')
FROM (
    SELECT coalesce(extension.closed_at, extension.requested_at), extension.responded_at
    FROM core.session_extensions AS extension WHERE extension.session_id = p_session_id
) AS pause (began_at, ended_at)
$$;

COMMENT ON FUNCTION core.pauses_of(uuid) IS $$
When a session's clock stood still for extensions, from when it stopped on: together with the last
words before them. A pause has no end while its extension waits for an answer.
$$;
