-- Turns that the tests in tests/sql do not happen to take, so that every arrow of requirement/state-machines.md is walked by somebody.
\ir ../sql/tap.psql

CREATE FUNCTION pg_temp.a_link(p_customer_id uuid, p_provider text DEFAULT 'xendit') RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.create_payment_request(p_customer_id, pg_temp.a_package(), p_anyone_available => true, p_provider => p_provider) ->> 'id')::uuid
$$;
CREATE FUNCTION pg_temp.attached(p_payment_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.attach_checkout(p_payment_id, customer_id, 'ps-' || p_payment_id, 'https://pay.example/' || p_payment_id) ->> 'session_id')::uuid
    FROM core.payment_requests WHERE id = p_payment_id
$$;
CREATE FUNCTION pg_temp.an_extension_payment(p_session_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := api.create_payment_request(customer_id, pg_temp.a_package(10000, 10, NULL, true), true, p_session_id) ->> 'id' FROM core.chat_sessions WHERE id = p_session_id;
BEGIN
    PERFORM api.confirm_payment(v_id);
    RETURN v_id;
END
$$;
-- What brings a link that nobody paid to its end.
CREATE FUNCTION pg_temp.end_link(p_payment_id uuid, p_by text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    v_payment core.payment_requests;
BEGIN
    IF p_by IN ('run_due', 'expire_stale_payment_requests') THEN
        UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = p_payment_id;
    END IF;
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = p_payment_id;
    CASE p_by
        WHEN 'run_due' THEN PERFORM pg_temp.settle();
        WHEN 'expire_stale_payment_requests' THEN PERFORM api.expire_stale_payment_requests();
        WHEN 'receive_webhook' THEN PERFORM api.receive_webhook('xendit', gen_random_uuid()::text,
            jsonb_build_object('event', 'payment_session.expired', 'data', jsonb_build_object('reference_id', p_payment_id)));
        WHEN 'reconcile_payment' THEN PERFORM api.reconcile_payment(p_payment_id, '{"status": "EXPIRED"}');
        WHEN 'cancel_payment_request' THEN PERFORM api.cancel_payment_request(p_payment_id, v_payment.customer_id);
        WHEN 'cancel_session' THEN PERFORM api.cancel_session(v_payment.session_id, v_payment.customer_id);
        WHEN 'confirm_payment' THEN PERFORM api.confirm_payment(p_payment_id, v_payment.expires_at + interval '2 hours');
        WHEN 'pairing deadline' THEN
            UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = v_payment.session_id;
            PERFORM pg_temp.settle();
    END CASE;
END
$$;

-- a search that began before payment, in each of its states, and each end of its link
SELECT pg_temp.set('pairing_before_payment', 'true');
DO $$
DECLARE
    v_by text;
    v_payment uuid;
    v_session uuid;
    v_mitra uuid := pg_temp.a_mitra(p_max_sessions => 100);
    v_offer uuid;
BEGIN
    FOREACH v_by IN ARRAY ARRAY['run_due', 'expire_stale_payment_requests', 'receive_webhook', 'reconcile_payment', 'cancel_payment_request', 'cancel_session', 'confirm_payment'] LOOP
        FOR v_turns IN 0..2 LOOP
            v_payment := pg_temp.a_link(pg_temp.a_customer());
            v_session := pg_temp.attached(v_payment);
            IF v_turns > 0 THEN
                v_offer := pg_temp.an_offer(v_session, v_mitra);
            END IF;
            IF v_turns > 1 THEN
                PERFORM api.accept_offer(v_offer, v_mitra);
            END IF;
            PERFORM pg_temp.end_link(v_payment, v_by);
        END LOOP;
    END LOOP;
    v_payment := pg_temp.a_link(pg_temp.a_customer(), 'manual');
    PERFORM pg_temp.end_link(v_payment, 'pairing deadline');
END
$$;

-- a deactivated mitra's sessions, moved in each of their states
SELECT pg_temp.set('deactivation_session_policy', '"reroute"');
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_link(pg_temp.a_customer(), 'manual') AS unpaid \gset
SELECT session_id AS waiting FROM core.payment_requests WHERE id = :'unpaid' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'waiting', :'mitra'), :'mitra') \g /dev/null
SELECT pg_temp.set('pairing_before_payment', 'false');
SELECT pg_temp.a_session(:'mitra') AS running, pg_temp.a_session(:'mitra') AS paused \gset
SELECT api.request_extension(:'paused', customer_id, 10, 10000, pg_temp.an_extension_payment(:'paused')) FROM core.chat_sessions WHERE id = :'paused' \g /dev/null
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.settle() \g /dev/null

-- what was refunded in part is owed again when the moved session finds nobody
SELECT api.request_refund(pg_temp.payment_of(:'running'), 1000) \g /dev/null
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'running';
SELECT pg_temp.settle() \g /dev/null

-- money paid in time, of which we hear when the link is expired and another session open
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_link(:'customer') AS late, expires_at AS in_time FROM core.payment_requests LIMIT 1 \gset
SELECT pg_temp.end_link(:'late', 'reconcile_payment') \g /dev/null
SELECT pg_temp.a_session(pg_temp.a_mitra(), :'customer') \g /dev/null
SELECT api.confirm_payment(:'late', created_at) FROM core.payment_requests WHERE id = :'late' \g /dev/null

-- a provider that answers a refund late, or otherwise than before
DO $$
DECLARE
    v_answers text[];
    v_answer text;
    v_refund uuid;
    v_payment uuid;
BEGIN
    FOR v_answers IN SELECT string_to_array(answers, ' ') FROM unnest(ARRAY['unanswered succeeded', 'unanswered failed', 'failed succeeded', 'sent succeeded']) AS answers LOOP
        v_payment := pg_temp.a_link(pg_temp.a_customer());
        PERFORM api.confirm_payment(v_payment);
        PERFORM api.cancel_session(session_id, customer_id) FROM core.payment_requests WHERE id = v_payment;
        v_refund := api.request_refund(v_payment) -> 'refund' ->> 'id';
        FOREACH v_answer IN ARRAY v_answers LOOP
            PERFORM api.record_refund(v_refund, v_answer, 'rfd-' || v_refund);
        END LOOP;
    END LOOP;
END
$$;

-- last words whose grace is over, settled by whoever meets them first
DO $$
DECLARE
    v_by text;
    v_customer uuid;
    v_link uuid;
    v_session uuid;
    v_extension uuid;
    v_refund uuid;
BEGIN
    FOREACH v_by IN ARRAY ARRAY['attach_checkout', 'confirm_payment', 'create_payment_request', 'expire_stale_payment_requests', 'receive_webhook', 'reconcile_payment', 'record_refund', 'request_refund'] LOOP
        v_customer := pg_temp.a_customer();
        v_link := pg_temp.a_link(v_customer);
        v_session := pg_temp.a_session(pg_temp.a_mitra(), v_customer);
        UPDATE core.payment_requests SET provider = 'xendit' WHERE session_id = v_session;
        v_refund := CASE WHEN v_by = 'record_refund' THEN api.request_refund(pg_temp.payment_of(v_session)) -> 'refund' ->> 'id' END;
        IF v_by = 'expire_stale_payment_requests' THEN
            v_extension := pg_temp.an_extension_payment(v_session);
            UPDATE core.payment_requests SET confirmed_at = clock_timestamp() - interval '1 hour' WHERE id = v_extension;
        END IF;
        UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = v_session;
        PERFORM pg_temp.settle();
        UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = v_session;
        CASE v_by
            WHEN 'attach_checkout' THEN PERFORM pg_temp.attached(v_link);
            WHEN 'confirm_payment' THEN PERFORM api.confirm_payment(v_link);
            WHEN 'create_payment_request' THEN PERFORM pg_temp.a_link(v_customer);
            WHEN 'record_refund' THEN PERFORM api.record_refund(v_refund, 'succeeded');
            WHEN 'request_refund' THEN PERFORM api.request_refund(pg_temp.payment_of(v_session), 1);
            ELSE PERFORM pg_temp.end_link(v_link, v_by);
        END CASE;
    END LOOP;
END
$$;

-- demo data make mitras, too
DELETE FROM core.mitras WHERE phone LIKE '+62811000000_';
SELECT api.seed_demo(true) \g /dev/null

SELECT 'violated: ' || count(*) FROM ops.invariant_violations;
ROLLBACK;
