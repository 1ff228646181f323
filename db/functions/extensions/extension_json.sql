CREATE OR REPLACE FUNCTION core.extension_json(p_extension core.session_extensions)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', p_extension.id, 'session_id', p_extension.session_id, 'status', p_extension.status,
    'requested_duration_minutes', p_extension.requested_duration_minutes,
    'requested_price', p_extension.requested_price,
    'payment_request_id', p_extension.payment_request_id,
    'requested_at', core.instant(p_extension.requested_at),
    'expires_at', core.instant(p_extension.expires_at),
    'responded_at', core.instant(p_extension.responded_at))
$$;

COMMENT ON FUNCTION core.extension_json(core.session_extensions) IS
'An extension as the parties of its session see it.';
