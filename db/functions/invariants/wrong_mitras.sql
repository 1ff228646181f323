CREATE OR REPLACE FUNCTION core.wrong_mitras(p_from uuid, p_until uuid)
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
-- What is stored of each mitra agrees with what it is counted from.
SELECT
    'capacity is what chat_sessions say', load.mitra_id::text,
    format('stored %s, counted %s', load.capacity, core.capacity(load.mitra_id))
FROM core.mitra_loads AS load
WHERE load.mitra_id >= p_from AND (p_until IS NULL OR load.mitra_id < p_until)
    AND load.capacity <> core.capacity(load.mitra_id)
UNION ALL
SELECT 'a mitra waits as it is stored', wrong.mitra_id::text, wrong.details
FROM core.wrong_waits() AS wrong
WHERE wrong.mitra_id >= p_from AND (p_until IS NULL OR wrong.mitra_id < p_until)
UNION ALL
SELECT 'a deactivated mitra is offline', mitra.id::text, 'online'
FROM core.mitras AS mitra
JOIN core.mitra_online_status AS status ON status.mitra_id = mitra.id
WHERE mitra.id >= p_from AND (p_until IS NULL OR mitra.id < p_until)
    AND status.is_online AND NOT mitra.is_active
UNION ALL
SELECT 'a deactivated mitra has no login', mitra.id::text, login.id::text
FROM core.mitras AS mitra
JOIN core.auth_sessions AS login
    ON login.user_type = 'mitra' AND login.user_id = mitra.id AND login.revoked_at IS NULL
WHERE mitra.id >= p_from AND (p_until IS NULL OR mitra.id < p_until)
    AND NOT mitra.is_active
$$;

COMMENT ON FUNCTION core.wrong_mitras(uuid, uuid) IS $$
What must never be, of the mitras whose ids are from p_from until before p_until, null = to the
last.
$$;
