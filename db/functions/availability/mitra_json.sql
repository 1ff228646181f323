CREATE OR REPLACE FUNCTION core.mitra_json(p_mitra_id uuid, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'id', mitra.id,
    'display_name', mitra.display_name,
    'phone', core.shown_phone(mitra.phone, p_cc_user_id),
    'is_active', mitra.is_active,
    'is_online', status.is_online,
    'max_sessions', mitra.max_sessions,
    'version', mitra.version)
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
WHERE mitra.id = p_mitra_id
$$;

COMMENT ON FUNCTION core.mitra_json(uuid, uuid) IS $$
A mitra as a control centre user may see it; null = a DBA, who sees all.
$$;
