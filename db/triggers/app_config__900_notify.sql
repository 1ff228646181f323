CREATE OR REPLACE FUNCTION core.tg_app_config__notify()
RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM pg_notify('config', string_agg(new_rows.key, ',')) FROM new_rows HAVING count(*) > 0;

    -- A rule of availability changes every mitra at once, so the mirror is built again.
    IF EXISTS (
        SELECT FROM new_rows
        WHERE new_rows.key IN (
            'heartbeat_stale_seconds', 'mitra_max_sessions', 'reports_before_hold'))
    THEN
        PERFORM core.order_reseed();
    END IF;

    -- A lowered maximum makes mitras full: their live offers are due for withdrawal. run_due judges
    -- them again under lock.
    IF EXISTS (SELECT FROM new_rows WHERE new_rows.key = 'mitra_max_sessions') THEN
        PERFORM core.withdraw_mitras(ARRAY(
            SELECT DISTINCT mitra.id FROM core.pairing_offers AS offer
            JOIN core.mitras AS mitra ON mitra.id = offer.mitra_id
            JOIN core.mitra_loads AS load ON load.mitra_id = offer.mitra_id
            WHERE offer.status = 'offered' AND mitra.max_sessions IS NULL
                AND load.capacity >= core.max_sessions(mitra)), 'full');
    END IF;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_app_config__notify() IS $$
Rings config with the keys that were written. Asks for a reseed of the mirror when availability
depends on one of them. When a lowered maximum makes mitras full, their live offers are due for
withdrawal.
$$;

CREATE OR REPLACE TRIGGER _900_notify
AFTER UPDATE ON core.app_config
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION core.tg_app_config__notify();
