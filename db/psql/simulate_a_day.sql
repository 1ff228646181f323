-- A day of business from nothing but psql, in a minute or two: customers come and pay or do not,
-- mitras accept, decline or stay silent, sessions are prolonged, ended, moved and refunded, and
-- time passes.
--
--   psql <address> [-v customers=300] [-v mitras=8] -f db/psql/simulate_a_day.sql
--
-- What people do goes through functions of api alone. Only time is made to pass by hand, by moving
-- every open deadline nearer. So this needs the role that migrates, and a database without business
-- of its own: it refuses any other. No listener may run on it.
\set ON_ERROR_STOP on
\set QUIET on
\if :{?customers}
\else
    \set customers 300
\endif
\if :{?mitras}
\else
    \set mitras 8
\endif
SELECT set_config('simulation.customers', :'customers', false) AS known \gset

DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'halo_owner', 'USAGE') THEN
        RAISE EXCEPTION 'Time passes only for a role that may change tables.'
            USING HINT = 'Connect as the role that migrates.';
    ELSIF EXISTS (SELECT FROM core.payment_requests)
        OR EXISTS (SELECT FROM core.customers WHERE phone IS NOT NULL)
    THEN
        RAISE EXCEPTION
            'This database has business of its own, and a simulated day would be mixed into it.'
            USING HINT = 'Make one to play with: CREATE DATABASE scratch; '
                || 'then DATABASE_URL=…/scratch halobestie migrate.';
    END IF;
END
$$;

SET client_min_messages = warning;
SET TimeZone = 'UTC';
CREATE TEMP TABLE people AS SELECT NULL::uuid AS customer_id WHERE false;
CREATE TEMP TABLE tally (what text PRIMARY KEY, times integer NOT NULL);

CREATE FUNCTION pg_temp.noted(p_what text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO pg_temp.tally AS known VALUES (p_what, 1)
    ON CONFLICT (what) DO UPDATE SET times = known.times + 1
$$;

-- What a listener does about what is due.
CREATE PROCEDURE pg_temp.settle() LANGUAGE plpgsql AS $$
DECLARE
    v_extension uuid;
BEGIN
    FOR v_extension IN SELECT extension_id FROM api.overdue_extensions() LOOP
        PERFORM api.settle_extension(v_extension, random() < 0.7);
        COMMIT;
    END LOOP;
    FOR n IN 1..1000 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM api.run_due());
        COMMIT;
    END LOOP;
END
$$;

-- Lets p_time pass: everything that waits for a time is nearer to it by p_time. Mitras who are
-- online go on sending heartbeats.
CREATE PROCEDURE pg_temp.pass(p_time interval) LANGUAGE plpgsql AS $$
BEGIN
    UPDATE core.chat_sessions
    SET pairing_deadline = pairing_deadline - p_time,
        expires_at = expires_at - p_time,
        paused_at = paused_at - p_time,
        closing_ends_at = closing_ends_at - p_time
    WHERE ended_at IS NULL;
    UPDATE core.session_warnings SET due_at = due_at - p_time;
    UPDATE core.pairing_offers SET expires_at = expires_at - p_time WHERE status = 'offered';
    UPDATE core.session_extensions SET expires_at = expires_at - p_time WHERE status = 'pending';
    UPDATE core.payment_requests SET expires_at = expires_at - p_time WHERE status = 'pending';
    COMMIT;
    PERFORM api.record_heartbeat(mitra_id) FROM ops.mitra_availability WHERE is_online;
    COMMIT;
    CALL pg_temp.settle();
END
$$;

-- Mitras go online in the morning and offline at night, most of them.
CREATE PROCEDURE pg_temp.come_and_go(p_hour integer) LANGUAGE plpgsql AS $$
DECLARE
    v_is_day boolean := p_hour BETWEEN 7 AND 22;
    v_mitra record;
BEGIN
    FOR v_mitra IN SELECT mitra_id, is_online FROM ops.mitra_availability WHERE is_active LOOP
        IF NOT v_mitra.is_online AND random() < 0.05 + 0.25 * v_is_day::integer THEN
            PERFORM api.go_online(v_mitra.mitra_id);
        ELSIF v_mitra.is_online AND random() < 0.3 - 0.28 * v_is_day::integer THEN
            PERFORM api.go_offline(v_mitra.mitra_id);
        END IF;
        COMMIT;
    END LOOP;
    CALL pg_temp.settle();
END
$$;

-- A customer comes, new or known, and pays for a package; some don't pay, cancel, or pay too late.
CREATE PROCEDURE pg_temp.arrive() LANGUAGE plpgsql AS $$
DECLARE
    v_customer uuid;
    v_payment jsonb;
    v_fate double precision := random();
BEGIN
    SELECT customer_id INTO v_customer FROM pg_temp.people AS known
    WHERE random() < 0.1 AND NOT EXISTS (
        SELECT FROM ops.open_sessions AS session
        WHERE session.customer_id = known.customer_id)
    LIMIT 1;
    IF v_customer IS NULL THEN
        SELECT user_id INTO v_customer
        FROM api.register_anonymous_customer(sha256(gen_random_uuid()::text::bytea));
        INSERT INTO pg_temp.people VALUES (v_customer);
        COMMIT;
    END IF;
    IF NOT (api.availability() ->> 'available')::boolean THEN
        PERFORM pg_temp.noted('turned away: nobody was available');
        RETURN;
    END IF;

    -- The payment, and what becomes of it.
    SELECT api.create_payment_request(v_customer, (item ->> 'id')::uuid) INTO v_payment
    FROM jsonb_array_elements(api.packages(v_customer) -> 'items') AS item
    WHERE NOT (item ->> 'is_extension')::boolean ORDER BY random() LIMIT 1;
    COMMIT;
    IF v_fate < 0.04 THEN
        PERFORM pg_temp.noted('never paid');
    ELSIF v_fate < 0.06 THEN
        PERFORM api.cancel_payment_request((v_payment ->> 'id')::uuid, v_customer);
    ELSIF v_fate < 0.08 THEN
        PERFORM api.confirm_payment(
            (v_payment ->> 'id')::uuid,
            (v_payment ->> 'expires_at')::timestamptz + interval '1 hour');
        PERFORM pg_temp.noted('paid an hour late');
    ELSE
        PERFORM api.confirm_payment((v_payment ->> 'id')::uuid);
    END IF;
    COMMIT;
END
$$;

-- Waves of offers until nobody waits, or all who could be asked were; half a minute each.
CREATE PROCEDURE pg_temp.pair() LANGUAGE plpgsql AS $$
DECLARE
    v_session record;
    v_mitra uuid;
    v_offer uuid;
BEGIN
    FOR n IN 1..5 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM api.unoffered_sessions());

        -- A wave for each search, unless its customer gives up.
        FOR v_session IN
            SELECT unoffered.session_id, session.customer_id
            FROM api.unoffered_sessions() AS unoffered
            JOIN ops.open_sessions AS session USING (session_id)
        LOOP
            IF random() < 0.02 THEN
                PERFORM api.cancel_session(v_session.session_id, v_session.customer_id);
            ELSE
                PERFORM count(*) FROM api.blast(v_session.session_id);
            END IF;
            COMMIT;
        END LOOP;

        -- Each mitra accepts, declines, or stays silent.
        FOR v_mitra IN
            SELECT mitra_id FROM ops.mitra_availability WHERE is_online ORDER BY random()
        LOOP
            SELECT (item ->> 'id')::uuid INTO v_offer
            FROM jsonb_array_elements(api.mitra_offers(v_mitra) -> 'items') AS item
            LIMIT 1;
            IF v_offer IS NOT NULL AND random() < 0.5 THEN
                PERFORM api.accept_offer(v_offer, v_mitra);
            ELSIF v_offer IS NOT NULL AND random() < 0.5 THEN
                PERFORM api.decline_offer(v_offer, v_mitra);
            END IF;
            COMMIT;
            CALL pg_temp.settle();
        END LOOP;
        CALL pg_temp.pass('31 seconds');
    END LOOP;
END
$$;

CREATE PROCEDURE pg_temp.prolong(p_session_id uuid, p_customer_id uuid, p_mitra_id uuid)
LANGUAGE plpgsql AS $$
DECLARE
    v_payment jsonb;
    v_extension uuid;
BEGIN
    SELECT api.create_payment_request(p_customer_id, (item ->> 'id')::uuid, true, p_session_id)
    INTO v_payment
    FROM jsonb_array_elements(api.packages(p_customer_id) -> 'items') AS item
    WHERE (item ->> 'is_extension')::boolean
    ORDER BY random() LIMIT 1;
    PERFORM api.confirm_payment((v_payment ->> 'id')::uuid);
    COMMIT;
    v_extension := api.request_extension(
        p_session_id,
        p_customer_id,
        (v_payment ->> 'duration_minutes')::integer,
        (v_payment ->> 'amount')::bigint,
        (v_payment ->> 'id')::uuid) ->> 'id';
    COMMIT;
    IF random() < 0.8 THEN      -- or the mitra stays silent
        PERFORM api.respond_to_extension(v_extension, p_session_id, p_mitra_id, random() < 0.8);
        COMMIT;
    END IF;
END
$$;

-- Some running sessions are ended, moved, marked as sensitive, or prolonged.
CREATE PROCEDURE pg_temp.talk() LANGUAGE plpgsql AS $$
DECLARE
    v_session record;
    v_fate double precision;
BEGIN
    FOR v_session IN
        SELECT session_id, customer_id, mitra_id, seconds_left FROM ops.open_sessions
        WHERE status = 'active'
    LOOP
        v_fate := random();
        IF v_fate < 0.03 THEN
            PERFORM api.end_session(v_session.session_id, 'customer', v_session.customer_id);
        ELSIF v_fate < 0.04 THEN
            PERFORM api.end_session(v_session.session_id, 'mitra', v_session.mitra_id);
        ELSIF v_fate < 0.05 THEN
            PERFORM api.end_session(v_session.session_id, 'cc', NULL);
        ELSIF v_fate < 0.07 THEN
            PERFORM api.reroute_session(v_session.session_id);
        ELSIF v_fate < 0.10 THEN
            PERFORM api.set_topic_sensitivity(
                v_session.session_id, v_session.mitra_id, 'sensitive');
        ELSIF v_session.seconds_left < 400 AND v_fate < 0.5 THEN
            CALL pg_temp.prolong(
                v_session.session_id, v_session.customer_id, v_session.mitra_id);
        END IF;
        COMMIT;
    END LOOP;
END
$$;

CREATE PROCEDURE pg_temp.pay_back() LANGUAGE plpgsql AS $$
DECLARE
    v_payment record;
BEGIN
    FOR v_payment IN
        SELECT payment_request_id, due FROM ops.refund_due WHERE random() < 0.8
    LOOP
        PERFORM api.request_refund(
            v_payment.payment_request_id,
            NULLIF(CASE WHEN random() < 0.2 THEN v_payment.due / 2 END, 0),
            'end of the hour');
        COMMIT;
    END LOOP;
END
$$;

-- An hour: six times ten minutes of what people do. v_busy weighs the hours of a day. At 13 a busy
-- mitra is deactivated, whose sessions go to others; at 15 it is back.
CREATE PROCEDURE pg_temp.hour(p_hour integer) LANGUAGE plpgsql AS $$
DECLARE
    v_busy double precision[] := ARRAY[
        3, 2, 1, 1, 1, 1, 2, 4, 6, 6, 6, 7, 8, 6, 6, 6, 7, 8, 10, 12, 13, 11, 8, 5];
    v_customers double precision := current_setting('simulation.customers')::double precision
        * v_busy[p_hour + 1] / 140 / 6;
    v_unlucky uuid;
BEGIN
    IF p_hour = 13 THEN
        SELECT mitra_id INTO v_unlucky FROM ops.mitra_availability
        WHERE is_active ORDER BY capacity DESC LIMIT 1;
        PERFORM api.deactivate_mitra(v_unlucky);
        COMMIT;
    ELSIF p_hour = 15 THEN
        PERFORM api.activate_mitra(mitra_id) FROM ops.mitra_availability WHERE NOT is_active;
        COMMIT;
    END IF;
    FOR n IN 1..6 LOOP
        CALL pg_temp.come_and_go(p_hour);
        FOR customer IN 1..floor(v_customers + random()) LOOP
            CALL pg_temp.arrive();
        END LOOP;
        CALL pg_temp.pair();
        CALL pg_temp.talk();
        CALL pg_temp.pass('71 seconds');        -- silent about an extension
        CALL pg_temp.pair();
        CALL pg_temp.pass('8 minutes');
        PERFORM api.expire_stale_payment_requests();
        COMMIT;
    END LOOP;
    CALL pg_temp.pay_back();
END
$$;

SELECT api.seed_demo() AS seeded \gset
SELECT count(api.create_mitra('Mitra ' || n, '+6281200' || lpad(n::text, 5, '0'))) AS more_mitras
FROM generate_series(6, :mitras) AS n \gset
SELECT api.set_config('deactivation_session_policy', '"reroute"', 'simulation') AS policy \gset
\echo 'A day of' :customers 'customers:'
SELECT format('CALL pg_temp.hour(%s)', hour) FROM generate_series(0, 23) AS hour \gexec
\echo 'Night falls, and what is open comes to its end.'
SELECT 'CALL pg_temp.pass(''30 minutes'')' FROM generate_series(1, 8) \gexec
SELECT * FROM api.expire_stale_payment_requests() \gset
SELECT count(api.rate_session(
    session.id, session.customer_id, 1 + floor(5 * sqrt(random()))::integer)) AS ratings
FROM core.chat_sessions AS session
WHERE session.status = 'completed' AND random() < 0.4 \gset

\echo 'Sessions:'
SELECT status, end_reason, count(*) AS sessions FROM core.chat_sessions
GROUP BY status, end_reason
ORDER BY status, count(*) DESC;
\echo 'Offers:'
SELECT status, count(*) AS offers FROM core.pairing_offers GROUP BY status ORDER BY count(*) DESC;
\echo 'Extensions:'
SELECT status, count(*) AS extensions FROM core.session_extensions
GROUP BY status ORDER BY count(*) DESC;
\echo 'What else happened:'
SELECT what, times FROM pg_temp.tally
UNION ALL
SELECT 'rerouted: ' || cause, count(*) FROM core.session_reroutes GROUP BY cause
UNION ALL
SELECT 'offline: ' || cause, count(*) FROM core.mitra_status_log
WHERE action = 'offline' GROUP BY cause
UNION ALL
SELECT 'refund ' || status, count(*) FROM core.refunds GROUP BY status
ORDER BY what;
\echo 'Money:'
SELECT * FROM ops.money_balance;
\echo 'Violated invariants (none):'
SELECT * FROM ops.invariant_violations;
