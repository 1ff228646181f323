CREATE OR REPLACE FUNCTION api.mass_silence()
RETURNS TABLE (is_held boolean, since timestamptz, online integer, silent integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT * FROM core.judge_silence()
$$;

COMMENT ON FUNCTION api.mass_silence() IS $$
Judges, after the newer heartbeats were copied, whether so many mitras are silent (mass_silence_percent of those online,
and at least five) that the fault must be ours. While is_held, api.auto_offline sets nobody offline. since: when that
was first found, null when it is not so.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mass_silence() TO halo_listener;
