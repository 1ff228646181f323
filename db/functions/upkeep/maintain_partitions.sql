CREATE OR REPLACE FUNCTION api.maintain_partitions()
RETURNS text[]
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET lock_timeout = '2s'
AS $$
DECLARE
    v_today date := (clock_timestamp() AT TIME ZONE 'UTC')::date;
    v_done text[] := ARRAY[]::text[];
    v_parent text;
    v_name text;
    v_day date;
BEGIN
    FOREACH v_parent IN ARRAY ARRAY['events', 'chat_messages'] LOOP
        FOR v_day IN SELECT generate_series(v_today - 1, v_today + 14, '1 day')::date LOOP
            v_name := core.make_day_partition(v_parent, v_day);
            IF v_name IS NOT NULL THEN
                v_done := v_done || ('made ' || v_name);
            END IF;
        END LOOP;
    END LOOP;
    RETURN v_done;
END
$$;

COMMENT ON FUNCTION api.maintain_partitions() IS $$
Makes the daily partitions of events and chat_messages two weeks ahead. Returns what it did.
Raises and notifies nothing.
$$;
GRANT EXECUTE ON FUNCTION api.maintain_partitions() TO halo_app, halo_listener, halo_cc;
