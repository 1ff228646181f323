CREATE OR REPLACE FUNCTION api.due_extensions(p_limit integer DEFAULT 200)
RETURNS TABLE (extension_id uuid, mitra_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('limit', p_limit::text);
SELECT extension.id, session.mitra_id
FROM core.session_extensions AS extension
JOIN core.chat_sessions AS session ON session.id = extension.session_id
WHERE extension.status = 'pending' AND extension.expires_at <= clock_timestamp()
ORDER BY extension.expires_at
LIMIT p_limit
$$;

COMMENT ON FUNCTION api.due_extensions(integer) IS 'Extensions past their deadline, and whose liveness decides: what the listener settles with api.settle_extension. Raises: VALIDATION_ERROR 422.';
GRANT EXECUTE ON FUNCTION api.due_extensions(integer) TO halo_listener;
