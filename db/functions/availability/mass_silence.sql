CREATE OR REPLACE FUNCTION api.mass_silence(p_sweep_seconds double precision DEFAULT 30)
RETURNS TABLE (is_held boolean, since timestamptz, online integer, silent integer)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT core.require('sweep_seconds', p_sweep_seconds::text);
SELECT * FROM core.judge_silence(
    greatest(interval '2 minutes', 3 * make_interval(secs => p_sweep_seconds)))
$$;

COMMENT ON FUNCTION api.mass_silence(double precision) IS $$
Judges, after the newer heartbeats were copied, whether so many mitras are silent
(mass_silence_percent of those online, and at least five) that the fault must be ours. While
is_held, api.auto_offline sets nobody offline. since: when the silence was first found, null when
there is none. p_sweep_seconds: how often the caller judges; a silence that nobody judged for three
times as long, and for two minutes, is a new one.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.mass_silence(double precision) TO halo_listener;
