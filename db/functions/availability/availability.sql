CREATE OR REPLACE FUNCTION api.availability()
RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT jsonb_build_object(
    'available', count(*) > 0,
    'available_mitras', count(*),
    'as_of', core.instant(clock_timestamp()))
FROM core.available_mitras()
$$;

COMMENT ON FUNCTION api.availability() IS $$
The beacon by PostgreSQL alone: {available, available_mitras, as_of}. Raises nothing.
$$;
GRANT EXECUTE ON FUNCTION api.availability() TO halo_app, halo_listener, halo_cc;
