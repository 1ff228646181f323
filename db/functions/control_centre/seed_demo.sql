CREATE OR REPLACE FUNCTION api.seed_demo(p_is_embedded boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('is_embedded', p_is_embedded::text);
    IF NOT p_is_embedded AND NOT api.is_demo() THEN
        PERFORM core.refuse('INVALID_STATE', 'This database holds more than demo data.',
            'Name an empty database; halobestie create-admin makes users of a real one.');
    END IF;

    -- api.is_demo knows a demo database by this entry.
    PERFORM core.audit(NULL, 'demo.seed', 'demo', NULL, NULL)
    WHERE NOT EXISTS (SELECT FROM core.audit_log WHERE action = 'demo.seed');
    INSERT INTO core.price_packages (
        name, duration_minutes, price, first_session_price, is_extension)
    SELECT demo.* FROM (VALUES
        ('Ngobrol 15 menit', 15, 15000::bigint, 5000::bigint, false),
        ('Ngobrol 30 menit', 30, 27000, NULL, false),
        ('Ngobrol 60 menit', 60, 50000, NULL, false),
        ('Tambah 10 menit', 10, 10000, NULL, true),
        ('Tambah 30 menit', 30, 25000, NULL, true)
    ) AS demo (name, duration_minutes, price, first_session_price, is_extension)
    WHERE NOT EXISTS (SELECT FROM core.price_packages AS known WHERE known.name = demo.name);
    INSERT INTO core.mitras (display_name, phone, created_at)
    SELECT demo.name, '+62811000000' || demo.position, clock_timestamp() - interval '60 days'
    FROM unnest(ARRAY['Mitra Satu', 'Mitra Dua', 'Mitra Tiga', 'Mitra Empat', 'Mitra Lima'])
        WITH ORDINALITY AS demo (name, position)
    ON CONFLICT (phone) DO NOTHING;
END
$$;

COMMENT ON FUNCTION api.seed_demo(boolean) IS $$
Demo packages, base and extension, and five mitras (+628110000001 to 5), none of them online, who
came before the demo history begins.
Repeating it changes nothing. p_is_embedded: the database belongs to `halobestie run`, whatever it
holds.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (api.is_demo says no). Notifies: mitra_mirror.
$$;
GRANT EXECUTE ON FUNCTION api.seed_demo(boolean) TO halo_cc;
