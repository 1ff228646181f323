CREATE OR REPLACE FUNCTION api.overdue_extensions(
    p_limit integer DEFAULT 200, p_after_expiry timestamptz DEFAULT NULL,
    p_after_id uuid DEFAULT NULL)
RETURNS TABLE (extension_id uuid, mitra_id uuid, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
SELECT extension.id, session.mitra_id, extension.expires_at
FROM core.session_extensions AS extension
JOIN core.chat_sessions AS session ON session.id = extension.session_id
WHERE extension.status = 'pending' AND extension.expires_at <= clock_timestamp()
    AND (p_after_id IS NULL OR (extension.expires_at, extension.id) > (p_after_expiry, p_after_id))
ORDER BY extension.expires_at, extension.id
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.overdue_extensions(integer, timestamptz, uuid) IS $$
Extensions past their deadline, longest overdue first, each with the mitra whose liveness decides:
what the listener settles with api.settle_extension. The next page begins after the last extension
of this page: p_after_expiry and p_after_id.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.overdue_extensions(integer, timestamptz, uuid) TO halo_listener;
