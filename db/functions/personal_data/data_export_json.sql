CREATE OR REPLACE FUNCTION core.data_export_json(p_user_type text, p_user_id uuid)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT jsonb_build_object(
    'id', export.id,
    'state', CASE WHEN export.ready_at IS NULL THEN 'pending'
        WHEN export.ready_at + interval '1 day' <= clock_timestamp() THEN 'expired'
        ELSE 'ready' END,
    'requested_at', core.instant(export.requested_at),
    'ready_at', core.instant(export.ready_at),
    'expires_at', core.instant(export.ready_at + interval '1 day'))
FROM core.data_exports AS export
WHERE export.user_type = p_user_type AND export.user_id = p_user_id
$$;

COMMENT ON FUNCTION core.data_export_json(text, uuid) IS $$
The state of somebody's last export: pending, ready for a day, then expired. Null when there is
none.
$$;
