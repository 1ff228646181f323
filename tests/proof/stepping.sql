-- What instrumented functions call (tests/proof/instrument.py).

CREATE SCHEMA proof;
CREATE SEQUENCE proof.clock;
CREATE SEQUENCE proof.ids;
CREATE SEQUENCE proof.turn_1;
CREATE SEQUENCE proof.turn_2;
CREATE SEQUENCE proof.free MINVALUE 0;

CREATE FUNCTION proof.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
SELECT timestamptz 'epoch' + make_interval(secs => pg_sequence_last_value('proof.clock'))
$$;

CREATE FUNCTION proof.new_id() RETURNS uuid LANGUAGE sql VOLATILE AS $$
SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(nextval('proof.ids')), 12, '0'))::uuid
$$;

CREATE FUNCTION proof.began() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
SELECT coalesce(nullif(current_setting('proof.began', true), '')::timestamptz, proof.clock())
$$;

-- Tells the controller where it is (a notice is sent at once) and waits until the lock of this turn is free. Of the
-- writes of a transaction only the first waits, unless all are to; each tells the table whose unique keys it may touch.
-- Whoever is free, because nobody else is left, does not stop any more.
CREATE FUNCTION proof.step(p_name text, p_is_lock boolean, p_keys_of text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_actor integer := coalesce(nullif(current_setting('proof.actor', true), ''), '0');
    v_turn integer;
BEGIN
    IF v_actor = 0 OR v_actor = pg_sequence_last_value('proof.free') THEN
        RETURN;
    END IF;
    IF p_is_lock OR current_setting('proof.has_written', true) IS DISTINCT FROM 'true'
        OR current_setting('proof.at_every_write', true) = 'true'
    THEN
        v_turn := nextval('proof.turn_' || v_actor);
        RAISE NOTICE USING MESSAGE = p_name, ERRCODE = CASE WHEN p_is_lock THEN 'PR001' ELSE 'PR002' END;
        PERFORM pg_advisory_lock_shared(v_actor, v_turn), pg_advisory_unlock_shared(v_actor, v_turn);
    END IF;
    IF NOT p_is_lock THEN
        PERFORM set_config('proof.has_written', 'true', true);
    END IF;
    IF p_keys_of <> '' THEN
        RAISE NOTICE USING MESSAGE = p_keys_of, ERRCODE = 'PR003';
    END IF;
END
$$;

-- The tables with keys that two transactions may both want: on insertion, and on update where a key comes and goes.
CREATE VIEW proof.keyed AS
SELECT c.relname AS name, bool_or(i.indpred IS NOT NULL) AS by_update
FROM pg_index AS i
JOIN pg_class AS c ON c.oid = i.indrelid AND c.relnamespace = 'core'::regnamespace
LEFT JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
WHERE i.indisunique AND NOT (i.indnatts = 1 AND (a.attidentity <> '' OR (a.atthasdef AND i.indisprimary)))
GROUP BY c.relname;

-- Does what is due until nothing is.
CREATE FUNCTION proof.drain() RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    LOOP
        CONTINUE WHEN EXISTS (SELECT FROM api.run_due(1000));
        EXIT WHEN (SELECT expired + failed + reconciled FROM api.expire_stale_payment_requests()) = 0;
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA proof TO PUBLIC;
GRANT ALL ON ALL SEQUENCES IN SCHEMA proof TO PUBLIC;

-- Partitions of days that are not needed only make every look at their tables longer.
DO $$
DECLARE
    v_today date := now() AT TIME ZONE 'UTC';
    v_partition regclass;
BEGIN
    FOR v_partition IN
        SELECT inhrelid FROM pg_inherits
        WHERE inhparent IN ('core.events'::regclass, 'core.chat_messages'::regclass)
            AND to_date(right(inhrelid::regclass::text, 8), 'YYYYMMDD') NOT IN (v_today, v_today + 1)
    LOOP
        EXECUTE format('DROP TABLE %s', v_partition);
    END LOOP;
END
$$;

-- Noon, so that the time that passes here never ends the day.
SELECT setval('proof.clock', extract(epoch FROM date_trunc('day', now(), 'UTC') + interval '12 hours')::bigint);
