CREATE OR REPLACE FUNCTION core.left_out_reason(p_reason text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE p_reason
    WHEN 'excluded' THEN 'excluded since a reroute'
    WHEN 'offered_before' THEN 'offered to in this round already'
    WHEN 'held' THEN 'held by open reports'
    WHEN 'full' THEN 'no free slot'
    WHEN 'busy' THEN 'busy row: another transaction held the mitra or its stream'
    WHEN 'wave_full' THEN 'the wave was full before its turn came'
    ELSE p_reason END
$$;

COMMENT ON FUNCTION core.left_out_reason(text) IS $$
Why core.pairing_waves says that a wave left a candidate out, in words.
$$;
