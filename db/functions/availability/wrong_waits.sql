CREATE OR REPLACE FUNCTION core.wrong_waits()
RETURNS TABLE (mitra_id uuid, details text)
LANGUAGE sql STABLE
AS $$
SELECT load.mitra_id, format(
    'waits since %s with%s a maximum of its own, reporters %s; stored %s, with%s, %s',
    coalesce(core.instant(truth.waits_since), 'never'),
    CASE WHEN mitra.max_sessions IS NULL THEN 'out' END,
    core.count_reporters(load.mitra_id),
    coalesce(core.instant(load.waits_since), 'never'),
    CASE WHEN NOT load.has_own_maximum THEN 'out' END,
    load.reporters)
FROM core.mitra_loads AS load
JOIN core.mitras AS mitra ON mitra.id = load.mitra_id
JOIN core.mitra_online_status AS status ON status.mitra_id = load.mitra_id
CROSS JOIN LATERAL core.waits_since(mitra, status, load.capacity, load.idle_since)
    AS truth (waits_since)
WHERE (load.waits_since, load.has_own_maximum, load.reporters) IS DISTINCT FROM (
    truth.waits_since, mitra.max_sessions IS NOT NULL, core.count_reporters(load.mitra_id))
$$;

COMMENT ON FUNCTION core.wrong_waits() IS $$
The mitras of which core.mitra_loads does not store what core.waits_since and core.count_reporters
say. There are none, but for those that a release before these columns changed.
$$;
