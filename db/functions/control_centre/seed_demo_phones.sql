CREATE OR REPLACE FUNCTION api.seed_demo_phones()
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM core.audit_log WHERE action = 'demo.seed') THEN
        PERFORM core.refuse('INVALID_STATE', 'This database holds no demo data.',
            'halobestie seed-demo makes them in an empty database.');
    END IF;
    INSERT INTO core.price_packages (name, duration_minutes, price, is_extension)
    SELECT demo.* FROM (VALUES
        ('Coba 2 menit', 2, 2000::bigint, false),
        ('Tambah 2 menit', 2, 2000, true)
    ) AS demo (name, duration_minutes, price, is_extension)
    WHERE NOT EXISTS (SELECT FROM core.price_packages AS known WHERE known.name = demo.name);
END
$$;

COMMENT ON FUNCTION api.seed_demo_phones() IS $$
Demo packages of two minutes, a base package and an extension, for people who play at /demo: the
warning before the end comes after a minute. The simulated fleet leaves them to people. Repeating
it changes nothing.
Raises: INVALID_STATE 409 (api.seed_demo was not called here). Notifies: nothing.
$$;
