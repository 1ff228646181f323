CREATE OR REPLACE FUNCTION core.seed_demo_mitras()
RETURNS void
LANGUAGE sql VOLATILE
AS $$
INSERT INTO core.mitras (display_name, phone, created_at)
SELECT (ARRAY['Sari', 'Budi', 'Dewi', 'Agus', 'Rina', 'Eko', 'Wati', 'Joko', 'Putri', 'Hadi'])
        [number % 10 + 1] || ' ' || number / 10 + 1,
    '+' || 6281199000000 + number, clock_timestamp() - interval '60 days'
FROM generate_series(0, 19) AS number
ON CONFLICT (phone) DO NOTHING
$$;

COMMENT ON FUNCTION core.seed_demo_mitras() IS $$
Twenty mitras, none of them online: those that the simulated fleet of `halobestie run` logs in with.
Notifies: mitra_mirror.
$$;
