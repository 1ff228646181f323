-- Money goes back: what is due, what is kept, what is held; at once for the manual provider, by the provider's word for another.
\ir tap.psql
SELECT pg_temp.plan(72);

CREATE FUNCTION pg_temp.money(p_payment_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, refund_status, refund_due_amount, refunded_amount) FROM core.payment_requests WHERE id = p_payment_id
$$;
CREATE FUNCTION pg_temp.refund(p_payment_id uuid, p_amount bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', paid ->> 'status', paid ->> 'refund_status', paid -> 'refund' ->> 'amount', paid -> 'refund' ->> 'status')
    FROM api.request_refund(p_payment_id, p_amount) AS paid
$$;
CREATE FUNCTION pg_temp.record(p_refund_id uuid, p_status text, p_provider_ref text DEFAULT NULL, p_failure text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', paid ->> 'refund_status', paid ->> 'refund_due_amount', paid ->> 'refunded_amount', paid -> 'refund' ->> 'status')
    FROM api.record_refund(p_refund_id, p_status, p_provider_ref, p_failure) AS paid
$$;
CREATE FUNCTION pg_temp.an_extension_payment(p_customer_id uuid, p_session_id uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := api.create_payment_request(p_customer_id, pg_temp.a_package(10000, 10, NULL, true), true, p_session_id) ->> 'id';
BEGIN
    PERFORM api.confirm_payment(v_id);
    RETURN v_id;
END
$$;

-- what can't be refunded
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS payment \gset
SELECT pg_temp.refused('SELECT api.request_refund(NULL)', 'VALIDATION_ERROR', 'nothing at all', 'payment_request_id');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', gen_random_uuid()), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'payment'), 'INVALID_STATE', 'money must have arrived');

-- held: refunded whole, its search cancelled
SELECT api.confirm_payment(:'payment') ->> 'session_id' AS session \gset
SELECT pg_temp.an_offer(:'session', :'mitra') AS offer \gset
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 100)', :'payment'), 'VALIDATION_ERROR', 'held money is refunded whole', 'amount');
SELECT pg_temp.seq('customer', :'customer') AS seq, pg_temp.seq('mitra', :'mitra') AS mitra_seq \gset
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed refunded 15000 succeeded', 'a manual refund is done at once');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed refunded 0 15000', 'every rupiah is refunded');
SELECT pg_temp.equal(concat_ws(' ', status, end_reason), 'cancelled refunded', 'its session is cancelled') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(status, 'cancelled', 'with its offers') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated session_ended payment_updated', 'the customer is told');
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :mitra_seq), 'offer_cancelled', 'so is the mitra');
SELECT pg_temp.equal(concat_ws(' ', type, amount), 'refund 15000', 'the refund is a transaction') FROM core.customer_transactions WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(concat_ws(' ', action, after ->> 'amount'), 'payment.refund 15000', 'and audited') FROM core.audit_log WHERE subject = :'payment';
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'payment'), 'INVALID_STATE', 'nothing is left to refund');

-- due: a search that failed
SELECT pg_temp.a_search(pg_temp.a_customer()) AS session \gset
SELECT pg_temp.payment_of(:'session') AS payment \gset
UPDATE core.chat_sessions SET pairing_deadline = clock_timestamp() WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed due 15000 0', 'a failed search is due');
SELECT pg_temp.equal(api.list_payment_requests('due', 'failed') -> 'items' -> 0 ->> 'id', :'payment', 'it stands in the queue');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 15001)', :'payment'), 'VALIDATION_ERROR', 'no more than is due', 'amount');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 0)', :'payment'), 'VALIDATION_ERROR', 'nor nothing', 'amount');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, -1)', :'payment'), 'VALIDATION_ERROR', 'nor less', 'amount');
SELECT pg_temp.equal(pg_temp.refund(:'payment', 5000), 'failed due 5000 succeeded', 'a part of it');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed due 10000 5000', 'leaves the rest due');
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed refunded 10000 succeeded', 'and then the rest');

-- kept: any part, while the session goes on
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_session(:'mitra', :'customer') AS session \gset
SELECT pg_temp.payment_of(:'session') AS payment \gset
SELECT pg_temp.equal(pg_temp.refund(:'payment', 4000), 'consumed refunded 4000 succeeded', 'a part of kept money');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'consumed refunded 0 4000', 'the rest stays kept');
SELECT pg_temp.equal(status, 'active', 'the session goes on') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 11001)', :'payment'), 'VALIDATION_ERROR', 'no more than is kept', 'amount');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'payment'), 'VALIDATION_ERROR', 'after a part, the next amount is named: a second click refunds nothing', 'amount');
SELECT pg_temp.equal(pg_temp.refund(:'payment', 11000), 'consumed refunded 11000 succeeded', 'the rest');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'payment'), 'INVALID_STATE', 'and then no more');

-- an extension payment: unused, pending, used
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS unused \gset
SELECT pg_temp.equal(pg_temp.refund(:'unused'), 'failed refunded 10000 succeeded', 'an unused extension payment is refunded whole');
SELECT pg_temp.equal(status, 'active', 'its session goes on') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.an_extension_payment(:'customer', :'session') AS pending \gset
SELECT api.request_extension(:'session', :'customer', 10, 10000, :'pending') ->> 'id' AS extension \gset
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'pending'), 'INVALID_STATE', 'one in a pending extension waits for the answer');
SELECT api.respond_to_extension(:'extension', :'session', :'mitra', true) \g /dev/null
SELECT pg_temp.equal(pg_temp.refund(:'pending', 1000), 'consumed refunded 1000 succeeded', 'a used one is kept money');

-- kept, and nothing refunded yet
SELECT pg_temp.payment_of(pg_temp.a_session(:'mitra')) AS payment \gset
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'consumed refunded 15000 succeeded', 'without an amount, all that is kept');

-- through a provider
SELECT pg_temp.a_customer() AS customer \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true, p_provider => 'xendit') ->> 'id')::uuid AS payment \gset
SELECT api.attach_checkout(:'payment', :'customer', 'ps-' || :'payment', 'https://pay.test/1') ->> 'checkout_url' AS url \gset
SELECT pg_temp.equal(:'url', 'https://pay.test/1', 'a provider''s link is where to pay');
SELECT api.confirm_payment(:'payment') ->> 'session_id' AS session \gset
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed requested 15000 requested', 'is asked to refund');
SELECT id AS refund FROM core.refunds WHERE payment_request_id = :'payment' \gset
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed requested 15000 0', 'until it has, the money is owed');
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed requested 15000 requested', 'asking again changes nothing');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 1)', :'payment'), 'INVALID_STATE', 'another amount has to wait');
SELECT pg_temp.equal(count(*), 1::bigint, 'there is one refund') FROM core.refunds WHERE payment_request_id = :'payment';
UPDATE core.refunds SET requested_at = clock_timestamp() - interval '2 minutes' WHERE id = :'refund';
SELECT pg_temp.equal(count(*), 1::bigint, 'one that was never recorded as sent is sent again') FROM api.refunds_to_send('xendit') WHERE refund_id = :'refund';
SELECT pg_temp.equal(pg_temp.record(:'refund', 'sent', 'rfd-1'), 'requested 15000 0 requested', 'the provider takes it');
SELECT pg_temp.equal(count(*), 0::bigint, 'and is not asked again') FROM api.refunds_to_send('xendit') WHERE refund_id = :'refund';
SELECT pg_temp.equal(count(*), 1::bigint, 'but asked about') FROM api.refunds_to_reconcile('xendit') WHERE refund_id = :'refund';
SELECT pg_temp.equal(pg_temp.record(:'refund', 'failed', NULL, 'INSUFFICIENT_BALANCE'), 'due 15000 0 failed', 'a refund that failed is due again');
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed requested 15000 requested', 'and can be asked for again');
SELECT id AS second FROM core.refunds WHERE payment_request_id = :'payment' AND status = 'requested' \gset
SELECT pg_temp.ok(:'second' <> :'refund', 'as another refund');
SELECT pg_temp.equal(pg_temp.record(:'refund', 'succeeded'), 'requested 15000 0 requested', 'news of the first changes nothing while the second is under way');
SELECT pg_temp.equal(pg_temp.record(:'second', 'unanswered'), 'due 15000 0 unanswered', 'no answer: due again');
SELECT pg_temp.equal(pg_temp.record(:'refund', 'succeeded'), 'due 15000 0 unanswered', 'news of the first changes nothing while the second is unclear');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, 1)', :'payment'), 'INVALID_STATE', 'no other amount, because it may have been paid');
SELECT pg_temp.equal(pg_temp.refund(:'payment'), 'failed requested 15000 requested', 'asked again');
SELECT pg_temp.equal(count(*), 1::bigint, 'with the same id') FROM core.refunds WHERE id = :'second' AND status = 'requested';
SELECT pg_temp.equal(pg_temp.record(:'second', 'refused', NULL, 'FORBIDDEN'), 'due 15000 0 unanswered', 'a refusal proves nothing after a silence');
SELECT pg_temp.equal(pg_temp.record(:'second', 'sent', 'rfd-2'), 'requested 15000 0 requested', 'that it was taken is better news');
SELECT pg_temp.equal(pg_temp.record(:'second', 'unanswered'), 'requested 15000 0 requested', 'and no silence undoes it');
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.record(:'second', 'succeeded', 'rfd-2'), 'refunded 0 15000 succeeded', 'paid back');
SELECT pg_temp.equal(pg_temp.record(:'second', 'failed'), 'refunded 0 15000 succeeded', 'which stays so');
SELECT pg_temp.equal(pg_temp.record(:'second', 'succeeded'), 'refunded 0 15000 succeeded', 'once');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated', 'the customer is told once');
SELECT pg_temp.refused(format('SELECT api.record_refund(%L, %L)', :'second', 'lost'), 'VALIDATION_ERROR', 'no other word', 'status');

-- the same request again, after its answer was lost and the money paid
SELECT pg_temp.a_customer() AS customer \gset
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true, p_provider => 'xendit') ->> 'id')::uuid AS payment \gset
SELECT api.attach_checkout(:'payment', :'customer', 'ps-' || :'payment', 'https://pay.test/2') ->> 'status' AS status \gset
SELECT api.confirm_payment(:'payment') ->> 'session_id' AS session \gset
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') \g /dev/null
SELECT api.request_refund(:'payment', 4000, p_request_key => 'click') -> 'refund' ->> 'id' AS refund \gset
SELECT api.record_refund(:'refund', 'unanswered') \g /dev/null
SELECT api.record_refund(:'refund', 'succeeded', 'rfd-3') \g /dev/null
SELECT pg_temp.equal(api.request_refund(:'payment', 4000, p_request_key => 'click') -> 'refund' ->> 'id', :'refund', 'finds its refund');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'consumed refunded 0 4000', 'and pays nothing more');
SELECT api.request_refund(:'payment', 4000, p_request_key => 'another click') -> 'refund' ->> 'id' AS other \gset
SELECT pg_temp.ok(:'other' <> :'refund', 'another request is another refund');
UPDATE core.refunds SET requested_at = requested_at - interval '2 minutes' WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(count(*), 1::bigint, 'a process died over it') FROM api.refunds_to_send('xendit');
SELECT pg_temp.equal(pg_temp.record(:'other', 'refused'), 'due 4000 4000 unanswered', 'so a refusal proves nothing either');
SELECT pg_temp.equal(pg_temp.record(:'other', 'failed'), 'due 4000 4000 failed', 'but the provider''s word that it failed does');
SELECT api.request_refund(:'payment', 4000) -> 'refund' ->> 'id' AS third \gset
SELECT pg_temp.equal(pg_temp.record(:'third', 'refused'), 'due 4000 4000 failed', 'a refusal of the first request is a failure');
SELECT pg_temp.equal(api.request_refund(:'payment', 4000, p_request_key => 'click') ->> 'refund_status', 'due', 'the key finds its refund still');
UPDATE core.refunds SET requested_at = requested_at - interval '24 hours' WHERE id = :'refund';
SELECT pg_temp.equal(api.request_refund(:'payment', 4000, p_request_key => 'click') ->> 'refund_status', 'requested', 'after a day it asks for another');
SELECT pg_temp.refused(format('SELECT api.record_refund(%L, %L)', gen_random_uuid(), 'sent'), 'NOT_FOUND', 'no other refund');

SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'every promise is kept') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
