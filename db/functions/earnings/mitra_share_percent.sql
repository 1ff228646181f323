CREATE OR REPLACE FUNCTION core.mitra_share_percent(p_mitra_id uuid)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT coalesce(
    (SELECT mitra.mitra_share_percent FROM core.mitras AS mitra WHERE mitra.id = p_mitra_id),
    core.config_int('mitra_share_percent'))
$$;

COMMENT ON FUNCTION core.mitra_share_percent(uuid) IS $$
How much of what a session keeps is its mitras', in percent, when it starts now with this mitra: the
mitra's own share, else mitra_share_percent.
$$;
