CREATE OR REPLACE FUNCTION core.order_reseed()
RETURNS void
LANGUAGE sql VOLATILE
AS $$
SELECT pg_notify('mitra_mirror', 'reseed')
$$;

COMMENT ON FUNCTION core.order_reseed() IS 'Notifies: mitra_mirror (reseed).';
