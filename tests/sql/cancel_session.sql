-- The customer no longer wants the search.
\ir tap.psql
SELECT pg_temp.plan(26);

SELECT pg_temp.a_customer() AS customer, pg_temp.a_customer() AS stranger, pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT count(*) AS offers FROM api.blast(:'session', ARRAY[:'ani', :'budi']::uuid[]) \gset
SELECT pg_temp.seq('customer', :'customer') AS seq, pg_temp.seq('mitra', :'ani') AS ani_seq \gset

SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'stranger'), 'NOT_FOUND', 'another customer''s search is not cancelled');
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', gen_random_uuid(), :'customer'), 'NOT_FOUND', 'an unknown search is not cancelled');
SELECT api.cancel_session(:'session', :'customer') AS cancelled \gset
SELECT pg_temp.equal(:'cancelled'::jsonb ->> 'status', 'cancelled', 'the session is cancelled');
SELECT pg_temp.equal(:'cancelled'::jsonb ->> 'end_reason', 'cancelled_by_customer', 'by the customer');
SELECT pg_temp.equal(string_agg(DISTINCT status, ' '), 'cancelled', 'its offers are cancelled') FROM core.pairing_offers WHERE session_id = :'session';
SELECT pg_temp.equal(status || ' ' || refund_status || ' ' || refund_due_amount, 'failed due 15000', 'paid money is owed back') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'session_ended payment_updated', 'the customer is told');
SELECT pg_temp.equal(pg_temp.told('mitra', :'ani', :ani_seq), 'offer_cancelled', 'the mitras are told');
SELECT pg_temp.equal(count(*), 0::bigint, 'a change of mind is no failure') FROM core.pairing_failures WHERE session_id = :'session';
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'what is cancelled can not be cancelled again');
SELECT pg_temp.equal(pg_temp.seq('customer', :'customer'), :seq::bigint, 'and nobody is told again');
SELECT pg_temp.ok(api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true) IS NOT NULL, 'the customer may begin anew');

-- from each status
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
SELECT pg_temp.equal(api.cancel_session(:'session', :'customer') ->> 'status', 'cancelled', 'a search without offers can be cancelled');

SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS payment \gset
SELECT session_id AS session FROM core.payment_requests WHERE id = :'payment' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'ani'), :'ani') \g /dev/null
SELECT pg_temp.seq('mitra', :'ani') AS ani_seq, capacity AS capacity FROM api.mirror_state(ARRAY[:'ani'::uuid]) \gset
SELECT pg_temp.equal(api.cancel_session(:'session', :'customer') ->> 'status', 'cancelled', 'a session that waits for its money can be cancelled');
SELECT pg_temp.equal(capacity, :capacity - 1, 'which frees the slot') FROM api.mirror_state(ARRAY[:'ani'::uuid]);
SELECT pg_temp.equal(pg_temp.told('mitra', :'ani', :ani_seq), 'session_ended', 'and tells the mitra who waited too');
SELECT pg_temp.equal(status || ' ' || refund_due_amount, 'cancelled 0', 'an unpaid link is cancelled, owing nothing') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.set('pairing_before_payment', 'false');

SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'ani', :'customer') AS session \gset
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'a running session can not be cancelled');
UPDATE core.chat_sessions SET expires_at = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'nor one whose time is up');
SELECT api.run_due() \g /dev/null
SELECT pg_temp.equal(status, 'closing', 'which closes') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'nor one in its last words');
SELECT api.end_session(:'session', 'customer', :'customer') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'nor one that is completed');

SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_search(:'customer') AS session \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.cancel_session(%L, %L)', :'session', :'customer'), 'INVALID_STATE', 'nor one that failed');
SELECT pg_temp.equal(refund_due_amount, 15000::bigint, 'whose money is owed once') FROM core.payment_requests WHERE session_id = :'session';
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
