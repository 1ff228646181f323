CREATE OR REPLACE FUNCTION core.free_slots(
    p_mitra core.mitras,
    p_load core.mitra_loads,
    p_general integer,
    p_before_hold integer)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT CASE WHEN p_mitra.is_active AND NOT core.is_held(p_load.reporters, p_before_hold)
    THEN greatest(0, core.max_sessions(p_mitra, p_general) - p_load.capacity)
    ELSE 0 END
$$;

COMMENT ON FUNCTION core.free_slots(core.mitras, core.mitra_loads, integer, integer) IS $$
How many sessions a mitra could take in addition to the sessions that it has: what is left of its
maximum; 0 when the mitra is inactive or held by reports. Whether the mitra is online is not judged.
p_general is mitra_max_sessions, p_before_hold reports_before_hold (0 = reports hold nobody); a
caller with many mitras reads both once.
$$;
