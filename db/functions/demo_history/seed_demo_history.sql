CREATE OR REPLACE FUNCTION api.seed_demo_history(
    p_days_ago integer, p_customers integer DEFAULT 120, p_seed integer DEFAULT 1)
RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_day date := (clock_timestamp() AT TIME ZONE 'UTC')::date - p_days_ago;
    v_begins timestamptz := v_day::timestamp AT TIME ZONE 'UTC';
    v_until timestamptz := least(v_begins + interval '1 day', now());
    v_sessions bigint;
BEGIN
    PERFORM core.require(
        'days_ago', p_days_ago::text, 'customers', p_customers::text, 'seed', p_seed::text);
    IF p_days_ago < 0 THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'A history is of days that have begun.',
            'Give 0 for today, 1 for yesterday.', 'days_ago');
    END IF;
    IF NOT EXISTS (SELECT FROM core.audit_log WHERE action = 'demo.seed') THEN
        PERFORM core.refuse('INVALID_STATE', 'This database holds no demo data.',
            'halobestie seed-demo makes them in an empty database.');
    END IF;

    -- One at a time. A day that has its history, or on which anything was paid for, stays as it is.
    PERFORM pg_advisory_xact_lock(hashtextextended('halobestie.demo_history', 0));
    IF EXISTS (
        SELECT FROM core.audit_log
        WHERE action = 'demo.history' AND subject = v_day::text)
    OR EXISTS (
        SELECT FROM core.payment_requests
        WHERE created_at >= v_begins AND created_at < v_begins + interval '1 day'
            AND NOT is_extension)
    THEN
        RETURN 0;
    END IF;

    -- Write all of it as it stands in the end: nothing waits, so no trigger tells anybody.
    PERFORM core.seed_demo_mitras();
    PERFORM core.make_day_partition('chat_messages', v_day);
    PERFORM core.seed_demo_sessions(v_day, v_until, p_seed, p_customers);
    PERFORM core.seed_demo_pairing(v_day, v_until, p_seed, p_customers);
    PERFORM core.seed_demo_money(v_day, v_until, p_seed, p_customers);
    PERFORM core.seed_demo_talk(v_day, v_until, p_seed, p_customers);
    PERFORM core.seed_demo_earnings(v_day, v_until, p_seed, p_customers);
    PERFORM core.seed_demo_figures(v_day, v_until, p_seed);
    PERFORM api.fold_figures();
    SELECT count(*) INTO v_sessions FROM core.chat_sessions
    WHERE created_at >= v_begins AND created_at < v_begins + interval '1 day';
    PERFORM core.audit(NULL, 'demo.history', v_day::text, NULL,
        jsonb_build_object('sessions', v_sessions, 'seed', p_seed));
    RETURN v_sessions;
END
$$;

COMMENT ON FUNCTION api.seed_demo_history(integer, integer, integer) IS $$
Makes up what happened in a demo database on the day (UTC) that was p_days_ago days ago, as far as
it is over now: some p_customers customers, their payments with every outcome, offers, sessions,
extensions, messages, ratings, refunds, what mitras earned, when they were online, and the figures
of all that. A day that was made up before, or on which anything was paid for, stays as it is, so
repeating it adds nothing. The same p_seed makes up the same. No event or push is made. Returns how
many sessions there are of it, 0 when the day was left alone.
Raises: VALIDATION_ERROR 422, INVALID_STATE 409 (api.seed_demo was not called here).
Notifies: mitra_mirror, when it makes mitras.
$$;
