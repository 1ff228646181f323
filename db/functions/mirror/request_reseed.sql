CREATE OR REPLACE FUNCTION api.request_reseed()
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
SELECT pg_notify('mitra_mirror', 'reseed')
$$;

COMMENT ON FUNCTION api.request_reseed() IS 'Asks the leading listener to rebuild the Valkey mirror, without an emptier instant. Raises nothing. Notifies: mitra_mirror (reseed).';
GRANT EXECUTE ON FUNCTION api.request_reseed() TO halo_listener, halo_cc;
