CREATE OR REPLACE FUNCTION core.notify_if_near(p_deadline timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_deadline < clock_timestamp() + interval '2 seconds' THEN
        PERFORM pg_notify('deadlines', '');
    END IF;
END
$$;

COMMENT ON FUNCTION core.notify_if_near(timestamptz) IS $$
Rings deadlines when a deadline is nearer than two seconds. The listener looks each second anyway,
so only those need a bell.
$$;
