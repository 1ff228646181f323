CREATE OR REPLACE FUNCTION core.hold_time_zone()
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('halobestie.time_zone', 0));
    RETURN core.business_time_zone();
END
$$;

COMMENT ON FUNCTION core.hold_time_zone() IS $$
core.business_time_zone, which stays as it is until the transaction ends: whoever writes days of
core.figures holds it, and core.move_days waits for them. Holders don't wait for each other.
$$;
