-- What the machine needs of a database: a small scene, a call that does one thing and shows the scene after it, and time that passes.

CREATE FUNCTION pg_temp.begin_scene() RETURNS TABLE (kind text, id uuid) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT 'mitra', (api.create_mitra('Mitra', '+6299900000' || nth, NULL) ->> 'id')::uuid FROM generate_series(1, 3) AS nth;
    RETURN QUERY SELECT 'customer', login.user_id FROM generate_series(1, 3) AS nth
        CROSS JOIN LATERAL api.register_anonymous_customer(decode(lpad(nth::text, 32, '0'), 'hex')) AS login;
    RETURN QUERY WITH package AS (
        INSERT INTO core.price_packages (name, duration_minutes, price, first_session_price, is_extension)
        VALUES ('first', 2, 10001, 4003, false), ('plain', 15, 20001, NULL, false), ('more', 5, 7001, NULL, true)
        RETURNING price_packages.id
    )
    SELECT 'package', package.id FROM package;
    RETURN QUERY SELECT 'user', (api.create_admin('user-' || nth || '@scene.test', 'User', '$argon2id$none', 'super_admin') ->> 'id')::uuid
        FROM generate_series(1, 3) AS nth;
    PERFORM api.go_online(mitra.id) FROM (SELECT mitras.id FROM core.mitras ORDER BY phone) AS mitra;
    PERFORM api.set_config('extension_settle_grace_seconds', '30', 'test'), api.set_config('offer_timeout_seconds', '60', 'test');
END
$$;

-- the wanted fields, no more: times as seconds since 1970
CREATE FUNCTION pg_temp.scene(p_seen jsonb) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
SELECT jsonb_build_object(
    'now', extract(epoch FROM clock_timestamp()),
    'next_deadline', extract(epoch FROM api.next_deadline()),
    'mitras', (
        SELECT jsonb_agg(jsonb_build_object('id', mitra_id, 'is_active', is_active, 'is_online', is_online, 'capacity', capacity,
            'missed_offers', missed_offers, 'is_available', available) || core.mitra_money(mitra_id))
        FROM ops.mitra_availability()),
    'sessions', (
        SELECT jsonb_agg(jsonb_build_object('id', session.id, 'customer', session.customer_id, 'status', session.status, 'mitra', session.mitra_id,
            'round', session.round, 'minutes', session.duration_minutes, 'pairing_deadline_at', extract(epoch FROM session.pairing_deadline),
            'expires_at', extract(epoch FROM session.expires_at), 'paused_at', extract(epoch FROM session.paused_at),
            'closing_ends_at', extract(epoch FROM session.closing_ends_at), 'unused', session.unused_seconds,
            'cause', coalesce(session.end_reason, session.closing_cause), 'shown_status', shown.info -> 'status',
            'share', session.mitra_share_percent, 'earned', (SELECT coalesce(sum(amount), 0) FROM core.mitra_earnings WHERE session_id = session.id),
            'served', (
                SELECT jsonb_agg(jsonb_build_object('mitra', service.mitra_id, 'seconds', service.seconds,
                    'amount', (SELECT coalesce(sum(amount), 0) FROM core.mitra_earnings AS earning
                        WHERE earning.session_id = session.id AND earning.mitra_id = service.mitra_id),
                    'is_last', service.mitra_id = coalesce(session.mitra_id, (SELECT mitra_id FROM core.session_reroutes
                        WHERE session_id = session.id ORDER BY round DESC LIMIT 1))))
                FROM core.session_services AS service WHERE service.session_id = session.id),
            'seconds_left', shown.info -> 'seconds_left', 'pending_extension', shown.info -> 'pending_extension' -> 'id')
            ORDER BY session.created_at)
        FROM core.chat_sessions AS session
        LEFT JOIN LATERAL api.session_info(session.id, 'customer', session.customer_id) AS shown (info) ON core.is_open(session.status)),
    'payments', (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'customer', customer_id, 'session', session_id, 'status', status, 'amount', amount,
            'minutes', duration_minutes, 'is_extension', is_extension, 'is_discount', is_first_session_discount,
            'expires_at', extract(epoch FROM expires_at), 'confirmed_at', extract(epoch FROM confirmed_at), 'cause', failure_cause,
            'due', refund_due_amount, 'refunded', refunded_amount, 'credited', credited_amount, 'refund_status', refund_status,
            'ways', core.refund_ways(payment), 'has_link', checkout_url IS NOT NULL) ORDER BY created_at)
        FROM core.payment_requests AS payment),
    'offers', (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'session', session_id, 'mitra', mitra_id, 'round', round, 'status', status,
            'expires_at', extract(epoch FROM expires_at)))
        FROM core.pairing_offers),
    'extensions', (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'session', session_id, 'payment', payment_request_id, 'status', status,
            'expires_at', extract(epoch FROM expires_at)) ORDER BY requested_at)
        FROM core.session_extensions),
    'refunds', (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'payment', payment_request_id, 'amount', amount, 'way', way, 'status', status) ORDER BY requested_at)
        FROM core.refunds),
    'balances', (
        SELECT jsonb_object_agg(customer_id, held) FROM (SELECT customer_id, sum(amount) AS held FROM core.balance_entries GROUP BY customer_id) AS balance),
    'reports', (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'session', session_id, 'mitra', mitra_id, 'by', party, 'had_started', had_started, 'status', status)
            ORDER BY created_at)
        FROM core.reports),
    'payouts', (
        SELECT jsonb_agg(jsonb_build_object('id', payout.id, 'mitra', payout.mitra_id, 'amount', payout.amount, 'status', payout.status,
            'actor', payout.actor_id, 'payer', payout.paid_by) ORDER BY period.closed_at, mitra.phone)
        FROM core.payouts AS payout JOIN core.payout_periods AS period USING (until) JOIN core.mitras AS mitra ON mitra.id = payout.mitra_id),
    'blocks', (SELECT jsonb_agg(jsonb_build_array(customer_id, mitra_id, party)) FROM core.blocks),
    'failures', (SELECT jsonb_agg(jsonb_build_array(cause_tag, session_id)) FROM core.pairing_failures),
    'transactions', (SELECT jsonb_agg(jsonb_build_array(type, payment_request_id, amount)) FROM core.customer_transactions),
    'unoffered', (SELECT jsonb_agg(jsonb_build_array(session_id, barred)) FROM api.unoffered_sessions()),
    'streams', (SELECT jsonb_object_agg(recipient, last_seq) FROM core.event_streams),
    'told', (
        SELECT jsonb_agg(jsonb_build_array(stream.recipient, concat_ws(' ', event.type, event.payload ->> 'accepted',
            event.payload ->> 'via_timeout', event.payload ->> 'reason')))
        FROM core.event_streams AS stream
        JOIN core.events AS event ON event.recipient = stream.recipient
        WHERE event.seq > coalesce((p_seen ->> stream.recipient)::bigint, 0)))
$$;

-- a command is a query with one jsonb column; it is refused with a code, or it is an error
CREATE FUNCTION pg_temp.play(p_query text, p_seen jsonb, OUT answer jsonb, OUT refusal text, OUT scene jsonb) LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE p_query INTO answer;
    EXCEPTION WHEN OTHERS THEN
        refusal := CASE WHEN SQLSTATE LIKE 'PT4%' THEN SQLERRM ELSE SQLSTATE || ' ' || SQLERRM END;
    END;
    scene := pg_temp.scene(p_seen);
END
$$;

CREATE FUNCTION pg_temp.run_due() RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    v_kinds text[] := '{}';
    v_kind text;
BEGIN
    LOOP
        SELECT kind INTO v_kind FROM api.run_due();
        EXIT WHEN NOT FOUND;
        v_kinds := v_kinds || v_kind;
    END LOOP;
    RETURN to_jsonb(ARRAY(SELECT DISTINCT kind FROM unnest(v_kinds) AS kind ORDER BY kind));
END
$$;

CREATE FUNCTION pg_temp.dispatch() RETURNS jsonb LANGUAGE sql AS $$
    SELECT api.confirm_dispatched(coalesce(array_agg(recipient), '{}'), coalesce(array_agg(seq), '{}'))
    FROM (SELECT recipient, max(seq) AS seq FROM api.claim_events(100000) GROUP BY recipient) AS taken;
    SELECT NULL::jsonb
$$;

-- The database's clock can't be moved, so every stamp of the scene is: nothing but time changes, no trigger takes note.
DO $$
BEGIN
    EXECUTE format(
        'CREATE FUNCTION pg_temp.time_passes(p_seconds integer) RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS %L',
        (SELECT 'BEGIN ' || string_agg(format('UPDATE core.%I SET %s;', table_name, stamps), ' ') || ' END'
         FROM (
            SELECT class.relname AS table_name, string_agg(format('%1$I = %1$I - make_interval(secs => p_seconds)', attribute.attname), ', ') AS stamps
            FROM pg_class AS class
            JOIN pg_attribute AS attribute ON attribute.attrelid = class.oid AND attribute.attnum > 0 AND NOT attribute.attisdropped
            WHERE class.relnamespace = 'core'::regnamespace AND class.relkind = 'r' AND NOT class.relispartition
                AND attribute.atttypid = 'timestamptz'::regtype
                AND class.relname NOT IN ('app_config', 'audit_log', 'auth_sessions', 'deadline_runs', 'event_queue', 'mitra_status_log',
                    'figure_changes', 'figures', 'figure_builds', 'sweep_runs')
            GROUP BY class.relname
         ) AS stamped));
END
$$;
