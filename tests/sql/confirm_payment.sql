-- Money that has arrived is never refused, and every rupiah of it is held, kept, due or refunded.
\ir tap.psql
SELECT pg_temp.plan(73);

-- Lateness is judged by when it was paid, not by when we hear of it -------------------------------------------------

CREATE FUNCTION pg_temp.paid(p_state text, p_policy text, p_seconds_late integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    v_customer uuid := pg_temp.a_customer();
    v_id uuid := pg_temp.a_payment(v_customer);
    v_payment core.payment_requests;
BEGIN
    PERFORM pg_temp.set('late_payment_policy', to_jsonb(p_policy));
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = v_id;
    IF p_state = 'expired' THEN
        UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = v_payment.id RETURNING * INTO v_payment;
        PERFORM pg_temp.settle();
    ELSIF p_state = 'cancelled' THEN
        PERFORM api.cancel_payment_request(v_payment.id, v_customer);
    END IF;
    PERFORM api.confirm_payment(v_payment.id, v_payment.expires_at + make_interval(secs => p_seconds_late));
    SELECT * INTO v_payment FROM core.payment_requests WHERE id = v_payment.id;
    RETURN format('%s, %s due, %s', v_payment.status, v_payment.refund_due_amount,
        CASE WHEN v_payment.session_id IS NULL THEN 'no session' ELSE (SELECT status FROM core.chat_sessions WHERE id = v_payment.session_id) END);
END
$$;

SELECT pg_temp.equal(pg_temp.paid(state, policy, late), becomes, format('%s, paid %s s after its end, policy %s: %s', state, late, policy, becomes))
FROM (VALUES
    ('pending', 'revive', -1, 'confirmed, 0 due, searching'),
    ('pending', 'revive', 0, 'confirmed, 0 due, searching'),
    ('pending', 'revive', 1, 'confirmed, 0 due, searching'),
    ('pending', 'revive', 600, 'confirmed, 0 due, searching'),
    ('pending', 'revive', 601, 'paid_late, 15000 due, no session'),
    ('pending', 'refund', -1, 'confirmed, 0 due, searching'),
    ('pending', 'refund', 0, 'confirmed, 0 due, searching'),
    ('pending', 'refund', 1, 'paid_late, 15000 due, no session'),
    ('pending', 'refund', 601, 'paid_late, 15000 due, no session'),
    ('expired', 'revive', -1, 'confirmed, 0 due, searching'),
    ('expired', 'revive', 0, 'confirmed, 0 due, searching'),
    ('expired', 'revive', 600, 'confirmed, 0 due, searching'),
    ('expired', 'revive', 601, 'paid_late, 15000 due, no session'),
    ('expired', 'refund', 0, 'confirmed, 0 due, searching'),
    ('expired', 'refund', 1, 'paid_late, 15000 due, no session'),
    ('cancelled', 'revive', -1, 'failed, 15000 due, no session'),
    ('cancelled', 'revive', 0, 'failed, 15000 due, no session'),
    ('cancelled', 'revive', 601, 'failed, 15000 due, no session'),
    ('cancelled', 'refund', -1, 'failed, 15000 due, no session')
) AS matrix (state, policy, late, becomes);
SELECT pg_temp.set('late_payment_policy', '"revive"');
SELECT pg_temp.set('late_payment_revive_seconds', '5');
SELECT pg_temp.equal(pg_temp.paid('pending', 'revive', 6), 'paid_late, 15000 due, no session', 'late_payment_revive_seconds says how late is too late');
SELECT pg_temp.set('late_payment_revive_seconds', '600');

-- A confirmed payment opens its search --------------------------------------------------------------------------------

SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS payment \gset
SELECT pg_temp.set('pairing_timeout_seconds', '100');
SELECT api.confirm_manual_payment(:'payment', :'customer') AS paid \gset
SELECT (:'paid'::jsonb ->> 'session_id') AS session \gset
SELECT pg_temp.equal(:'paid'::jsonb ->> 'status', 'confirmed', 'the payment request is confirmed');
SELECT pg_temp.equal(status || ' ' || duration_minutes, 'searching 15', 'its search begins in the same transaction') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.ok(pairing_deadline - created_at BETWEEN interval '99 seconds' AND interval '101 seconds', 'the search lasts pairing_timeout_seconds') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), 'payment_updated', 'the customer is told');
SELECT pg_temp.equal(frame ->> 'payment_request_id' || ' ' || (frame ->> 'session_id') || ' ' || (frame ->> 'status'), concat_ws(' ', :'payment', :'session', 'confirmed'), 'of what and how')
FROM api.events_after('customer', :'customer', 0);
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing is charged at that time') FROM core.customer_transactions WHERE customer_id = :'customer';
SELECT pg_temp.equal(held, amount, 'the money is held') FROM (SELECT sum(amount) AS held FROM core.payment_requests WHERE customer_id = :'customer' AND status = 'confirmed') AS held, core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;

SELECT pg_temp.equal(api.confirm_manual_payment(:'payment', :'customer'), :'paid'::jsonb, 'confirming again answers the same');
SELECT pg_temp.equal(api.confirm_payment(:'payment', '2001-01-01Z'), :'paid'::jsonb, 'with another time of payment too');
SELECT pg_temp.equal(count(*), 1::bigint, 'and opens no second search') FROM core.chat_sessions WHERE customer_id = :'customer';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), 'payment_updated', 'and tells nobody again');

SELECT pg_temp.refused(format('SELECT api.confirm_payment(%L)', gen_random_uuid()), 'NOT_FOUND', 'money for nothing we know is not confirmed');
SELECT pg_temp.refused(format('SELECT api.confirm_manual_payment(%L, %L)', :'payment', pg_temp.a_customer()), 'NOT_FOUND', 'nobody confirms another''s payment');
UPDATE core.payment_requests SET provider = 'xendit' WHERE id = :'payment';
SELECT pg_temp.refused(format('SELECT api.confirm_manual_payment(%L, %L)', :'payment', :'customer'), 'NOT_FOUND', 'what Xendit takes the customer does not confirm');
UPDATE core.payment_requests SET provider = 'manual' WHERE id = :'payment';

-- Kept when the session starts
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
SELECT pg_temp.equal(status || ' ' || (consumed_at IS NOT NULL)::text, 'consumed true', 'it is consumed when the session starts') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(type || ' ' || amount, 'session 15000', 'with one transaction of its amount') FROM core.customer_transactions WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(api.confirm_payment(:'payment') ->> 'status', 'consumed', 'confirming what is consumed changes nothing');
SELECT pg_temp.equal(count(*), 1::bigint, 'nor charges again') FROM core.customer_transactions WHERE payment_request_id = :'payment';

-- session_already_open
SELECT pg_temp.a_customer() AS twice \gset
SELECT pg_temp.a_payment(:'twice') AS first, pg_temp.a_payment(:'twice') AS second \gset
SELECT api.confirm_payment(:'first') ->> 'session_id' AS session, api.confirm_payment(:'second') AS late \gset
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_status || ' ' || refund_due_amount, 'failed session_already_open due 15000',
    'money for a second session fails, its whole amount due') FROM core.payment_requests WHERE id = :'second';
SELECT pg_temp.equal(count(*), 1::bigint, 'the first session is not touched') FROM core.chat_sessions WHERE customer_id = :'twice' AND status = 'searching';
SELECT pg_temp.equal(pg_temp.told('customer', :'twice'), 'payment_updated payment_updated', 'the customer is told of both');
SELECT pg_temp.equal(api.confirm_payment(:'second') ->> 'status', 'failed', 'such a failure is final');

SELECT pg_temp.a_customer() AS again, pg_temp.a_mitra() AS host \gset
SELECT pg_temp.a_payment(:'again') AS early, pg_temp.a_payment(:'again') AS payment \gset
SELECT api.confirm_payment(:'early') ->> 'session_id' AS former \gset
SELECT api.accept_offer(pg_temp.an_offer(:'former', :'host'), :'host') \g /dev/null
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'former';
SELECT pg_temp.settle() \g /dev/null
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'former';
SELECT pg_temp.seq('customer', :'again') AS seq \gset
SELECT pg_temp.equal(api.confirm_payment(:'payment') ->> 'status', 'confirmed', 'a session past its grace is over, though nobody settled it yet');
SELECT pg_temp.equal(string_agg(status, ' ' ORDER BY created_at), 'completed searching', 'it is settled, and the new search begins') FROM core.chat_sessions WHERE customer_id = :'again';
SELECT pg_temp.equal(pg_temp.told('customer', :'again', :seq), 'payment_updated session_ended', 'the customer is told of both');

-- the grace ends between the locks, which settle what is over, and the judgement: what is stored counts, and nothing fails
SELECT pg_temp.a_customer() AS late \gset
SELECT pg_temp.a_payment(:'late') AS early, pg_temp.a_payment(:'late') AS payment \gset
SELECT api.confirm_payment(:'early') ->> 'session_id' AS former \gset
SELECT api.accept_offer(pg_temp.an_offer(:'former', :'host'), :'host') \g /dev/null
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'former';
SELECT pg_temp.settle() \g /dev/null
SELECT core.lock_payment(:'payment') \g /dev/null
UPDATE core.chat_sessions SET closing_ends_at = clock_timestamp() WHERE id = :'former';
SELECT core.take_money(payment, NULL) FROM core.payment_requests AS payment WHERE id = :'payment' \g /dev/null
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_due_amount, 'failed session_already_open 15000', 'money that arrives as the grace ends is owed back') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(core.open_session_id(:'late'), :'former'::uuid, 'as long as the session is not settled, it is in the way');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(core.open_session_id(:'late'), NULL, 'and then no more');

-- discount_used
SELECT pg_temp.a_customer() AS saver, pg_temp.a_package(15000, 15, 5000) AS discounted \gset
SELECT pg_temp.a_payment(:'saver', :'discounted') AS first, pg_temp.a_payment(:'saver', :'discounted') AS second \gset
SELECT pg_temp.equal(bool_and(is_first_session_discount), true, 'two links can be open at the first-session price') FROM core.payment_requests WHERE customer_id = :'saver';
SELECT api.confirm_payment(:'first') ->> 'session_id' AS session \gset
SELECT pg_temp.a_mitra() AS other_mitra \gset
SELECT api.end_session((api.accept_offer(pg_temp.an_offer(:'session', :'other_mitra'), :'other_mitra') ->> 'id')::uuid, 'customer', :'saver') \g /dev/null
SELECT api.confirm_payment(:'second') \g /dev/null
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_due_amount, 'failed discount_used 5000', 'the second of them fails: the discount is used up')
FROM core.payment_requests WHERE id = :'second';
SELECT pg_temp.fails(format('UPDATE core.payment_requests SET status = ''confirmed'', refund_status = ''none'', refund_due_amount = 0 WHERE id = %L', :'second'), '23505',
    'no way leads to two discounts of one customer');

-- A search that was cancelled gives its money back, and a first session comes again
SELECT pg_temp.a_customer() AS undecided \gset
SELECT pg_temp.a_payment(:'undecided', :'discounted') AS payment \gset
SELECT api.cancel_session((api.confirm_payment(:'payment') ->> 'session_id')::uuid, :'undecided') \g /dev/null
SELECT pg_temp.equal(status || ' ' || failure_cause || ' ' || refund_due_amount, 'failed cancelled_by_customer 5000', 'a cancelled search owes its money back') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(api.create_payment_request(:'undecided', :'discounted', p_anyone_available => true) ->> 'amount', '5000', 'the discount is there for the next try');

-- pairing before payment --------------------------------------------------------------------------------------------

SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_customer() AS customer \gset
SELECT api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true) AS asked \gset
SELECT (:'asked'::jsonb ->> 'session_id') AS session, (:'asked'::jsonb ->> 'id') AS payment \gset
SELECT pg_temp.equal(status, 'searching', 'with pairing_before_payment the search begins with the asking') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') AS accepted \gset
SELECT pg_temp.equal(:'accepted'::jsonb ->> 'status', 'pending_payment', 'an accept before the money holds the slot');
SELECT pg_temp.equal(capacity, 1, 'which counts') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(expires_at, NULL, 'the clock does not run yet') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT api.confirm_payment(:'payment') AS paid \gset
SELECT pg_temp.equal(:'paid'::jsonb ->> 'status', 'consumed', 'the money starts the session that waits for it');
SELECT pg_temp.equal(status || ' ' || (expires_at - started_at)::text, 'active 00:15:00', 'with the bought minutes on its clock') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'session_started', 'the mitra is told');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer'), 'payment_updated session_started', 'the customer is told of both');

SELECT pg_temp.a_customer() AS quick \gset
SELECT api.create_payment_request(:'quick', pg_temp.a_package(), p_anyone_available => true) AS asked \gset
SELECT api.confirm_payment((:'asked'::jsonb ->> 'id')::uuid) ->> 'session_id' AS session \gset
SELECT pg_temp.equal(:'session', :'asked'::jsonb ->> 'session_id', 'money before the accept keeps the search');
SELECT pg_temp.equal(api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') ->> 'status', 'active', 'and the accept starts it at once');

SELECT pg_temp.a_customer() AS slow \gset
SELECT api.create_payment_request(:'slow', pg_temp.a_package(), p_anyone_available => true) AS asked \gset
SELECT (:'asked'::jsonb ->> 'session_id') AS session, (:'asked'::jsonb ->> 'id') AS payment \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
UPDATE core.payment_requests SET expires_at = clock_timestamp() WHERE id = :'payment' RETURNING expires_at AS ended \gset
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status || ' ' || end_reason, 'failed payment_expired', 'the link''s end fails the session that waits for it') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(capacity, 2, 'and frees its slot') FROM api.mirror_state(ARRAY[:'mitra'::uuid]);
SELECT pg_temp.equal(pg_temp.told('customer', :'slow'), 'payment_updated pairing_failed', 'the customer is told');
SELECT api.confirm_payment(:'payment', :'ended') AS paid \gset
SELECT pg_temp.ok(:'paid'::jsonb ->> 'status' = 'confirmed' AND :'paid'::jsonb ->> 'session_id' <> :'session', 'money paid in time for a session that failed by the link''s end opens a new one');
SELECT pg_temp.equal(status, 'searching', 'which searches') FROM core.chat_sessions WHERE id = (:'paid'::jsonb ->> 'session_id')::uuid;

SELECT pg_temp.a_customer() AS leaver \gset
SELECT api.create_payment_request(:'leaver', pg_temp.a_package(), p_anyone_available => true) AS asked \gset
SELECT (:'asked'::jsonb ->> 'session_id') AS session, (:'asked'::jsonb ->> 'id') AS payment \gset
SELECT api.cancel_payment_request(:'payment', :'leaver') \g /dev/null
SELECT pg_temp.equal(status || ' ' || end_reason, 'cancelled cancelled_by_customer', 'taking the link back ends its search') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(api.confirm_payment(:'payment') ->> 'status', 'failed', 'and money that comes all the same is owed back');
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
