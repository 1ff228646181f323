CREATE OR REPLACE FUNCTION core.replay_settings(p_from timestamptz)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_object_agg(known.key, core.config_value_at(known.key, p_from))
FROM (VALUES ('offer_timeout_seconds'), ('blast_size'), ('mitra_max_sessions'),
    ('missed_offers_before_offline'), ('pairing_timeout_seconds')) AS known (key)
$$;

COMMENT ON FUNCTION core.replay_settings(timestamptz) IS $$
The rules that a replay knows, as they were at p_from.
$$;
