-- What a provider says: stored once, believed only when the provider itself confirms it, and then with one effect.
\ir tap.psql
SELECT pg_temp.plan(82);

-- A payment through the provider, and its link there.
CREATE FUNCTION pg_temp.a_link(p_customer_id uuid DEFAULT pg_temp.a_customer(), p_package_id uuid DEFAULT pg_temp.a_package()) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := api.create_payment_request(p_customer_id, p_package_id, p_anyone_available => true, p_provider => 'xendit') ->> 'id';
BEGIN
    PERFORM api.attach_checkout(v_id, p_customer_id, 'ps-' || v_id, 'https://pay.test/' || v_id);
    RETURN v_id;
END
$$;
CREATE FUNCTION pg_temp.body(p_event text, p_payment_id uuid, p_data jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('event', p_event, 'business_id', 'b', 'created', to_jsonb(now()), 'data',
        jsonb_build_object('reference_id', p_payment_id, 'payment_session_id', 'ps-' || p_payment_id, 'status', 'COMPLETED',
            'amount', 15000, 'currency', 'IDR', 'more', 'ignored') || p_data)
$$;
CREATE FUNCTION pg_temp.answer(p_data jsonb DEFAULT '{}') RETURNS jsonb LANGUAGE sql AS $$
    SELECT '{"status": "COMPLETED", "amount": 15000, "currency": "IDR", "payment_request_id": "pr-1"}' || p_data
$$;
CREATE FUNCTION pg_temp.receive(p_key text, p_body jsonb, p_answer jsonb DEFAULT NULL, p_is_trusted boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', said ->> 'outcome', CASE WHEN (said ->> 'is_flagged')::boolean THEN 'flagged' END, CASE WHEN (said ->> 'is_repeat')::boolean THEN 'repeat' END)
    FROM api.receive_webhook('xendit', p_key, p_body, p_answer, p_is_trusted) AS said
$$;
CREATE FUNCTION pg_temp.status(p_payment_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, refund_status) FROM core.payment_requests WHERE id = p_payment_id
$$;

SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer \gset

-- a link of a provider
SELECT (api.create_payment_request(:'customer', pg_temp.a_package(), p_anyone_available => true, p_provider => 'xendit') ->> 'id')::uuid AS bare \gset
SELECT pg_temp.equal(checkout_url, NULL, 'the provider makes the link, not we') FROM core.payment_requests WHERE id = :'bare';
SELECT pg_temp.refused(format('SELECT api.attach_checkout(%L, %L, %L, %L)', :'bare', pg_temp.a_customer(), 'ps', 'u'), 'NOT_FOUND', 'it is the customer''s own');
SELECT pg_temp.refused(format('SELECT api.confirm_manual_payment(%L, %L)', :'bare', :'customer'), 'NOT_FOUND', 'nobody says by hand that it is paid');
SELECT api.abandon_checkout(:'bare', :'customer') \g /dev/null
SELECT pg_temp.equal(concat_ws(' ', status, failure_cause), 'cancelled provider_unavailable', 'without a link it is cancelled') FROM core.payment_requests WHERE id = :'bare';
SELECT pg_temp.refused(format('SELECT api.create_payment_request(%L, %L, p_provider => %L)', :'customer', pg_temp.a_package(), 'cash'), 'VALIDATION_ERROR', 'no other provider', 'provider');
SELECT pg_temp.a_link(:'customer') AS payment \gset
SELECT api.abandon_checkout(:'payment', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'pending none', 'a link that was made is not abandoned');

-- asked first
SELECT pg_temp.equal(provider_ref, 'ps-' || :'payment', 'money is asked about at its link') FROM api.webhook_question('xendit', pg_temp.body('payment_session.completed', :'payment'));
SELECT pg_temp.equal(count(*), 0::bigint, 'another amount need not be asked about') FROM api.webhook_question('xendit', pg_temp.body('payment_session.completed', :'payment', '{"amount": 14999}'));
SELECT pg_temp.equal(count(*), 0::bigint, 'nor an unknown payment') FROM api.webhook_question('xendit', pg_temp.body('payment_session.completed', gen_random_uuid()));
SELECT pg_temp.equal(count(*), 0::bigint, 'nor another event') FROM api.webhook_question('xendit', pg_temp.body('payment.failure', :'payment'));

-- not believed
SELECT pg_temp.equal(pg_temp.receive('altered', pg_temp.body('payment_session.completed', :'payment', '{"amount": 1}'), pg_temp.answer()), 'mismatch flagged', 'another amount');
SELECT pg_temp.equal(pg_temp.receive('dollars', pg_temp.body('payment_session.completed', :'payment', '{"currency": "USD"}'), pg_temp.answer()), 'mismatch flagged', 'another currency');
SELECT pg_temp.equal(pg_temp.receive('none', pg_temp.body('payment_session.completed', :'payment') #- '{data,amount}', pg_temp.answer()), 'mismatch flagged', 'no amount');
SELECT pg_temp.equal(pg_temp.receive('words', pg_temp.body('payment_session.completed', :'payment', '{"amount": "many"}'), pg_temp.answer()), 'mismatch flagged', 'an amount in words');
SELECT pg_temp.equal(pg_temp.receive('unknown', pg_temp.body('payment_session.completed', gen_random_uuid()), pg_temp.answer()), 'unknown_reference flagged', 'an unknown reference');
SELECT pg_temp.equal(pg_temp.receive('odd', pg_temp.body('payment_session.completed', :'payment', '{"reference_id": "x", "payment_session_id": 7}'), pg_temp.answer()), 'unknown_reference flagged', 'a reference of another kind');
SELECT pg_temp.equal(pg_temp.receive('no data', '{"event": "payment_session.completed"}'), 'unknown_reference flagged', 'no data');
SELECT pg_temp.equal(pg_temp.receive('data is a list', '{"event": "payment_session.completed", "data": [1]}'), 'unknown_reference flagged', 'data of another kind');
SELECT pg_temp.equal(pg_temp.receive('provider pays less', pg_temp.body('payment_session.completed', :'payment'), pg_temp.answer('{"amount": 14000}')), 'mismatch flagged', 'the provider speaks of another amount');
SELECT pg_temp.equal(pg_temp.receive('of another', pg_temp.body('payment_session.completed', :'payment'), pg_temp.answer('{"reference_id": "another"}')), 'mismatch flagged', 'or of another payment');
SELECT pg_temp.equal(pg_temp.receive('not yet', pg_temp.body('payment_session.completed', :'payment'), pg_temp.answer('{"status": "ACTIVE"}')), 'not_paid flagged', 'the provider says it is not paid');
SELECT pg_temp.equal(pg_temp.receive('new event', '{"event": "something.new", "data": {}}'), 'ignored', 'an unknown event');
SELECT pg_temp.equal(pg_temp.receive('no event', '{}'), 'ignored', 'no event');
SELECT pg_temp.refused('SELECT api.receive_webhook(''xendit'', ''list'', ''[]'')', 'VALIDATION_ERROR', 'a webhook is an object', 'body');
SELECT pg_temp.equal(pg_temp.receive('failure', pg_temp.body('payment.failure', :'payment')), 'noted', 'a failed attempt');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'pending none', 'nothing of it changed the payment');
SELECT pg_temp.equal(count(*), 14::bigint, 'and all of it is stored') FROM core.webhook_receipts WHERE receipt_key NOT LIKE 'ok%';

-- believed, once
SELECT pg_temp.equal(pg_temp.receive('ok', pg_temp.body('payment_session.completed', :'payment')), 'unverified', 'without the provider''s answer it waits');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'pending none', 'and grants nothing');
SELECT pg_temp.equal(array_agg(provider_ref ORDER BY provider_ref), ARRAY['ps-' || :'payment', 'ps-' || :'payment'], 'the sweep asks about it, and about what was not paid yet') FROM api.unverified_webhooks('xendit');
SELECT pg_temp.equal(pg_temp.receive('ok', pg_temp.body('payment_session.completed', :'payment')), 'unverified repeat', 'a repeat without an answer changes nothing');
SELECT id AS receipt FROM core.webhook_receipts WHERE receipt_key = 'ok' \gset
SELECT pg_temp.equal(api.process_webhook(:'receipt', pg_temp.answer()) ->> 'outcome', 'confirmed', 'the provider''s answer confirms it');
SELECT pg_temp.equal(concat_ws(' ', status, provider_payment_ref), 'confirmed pr-1', 'with the provider''s id of the payment') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(status, 'searching', 'the search began') FROM core.chat_sessions WHERE id = (SELECT session_id FROM core.payment_requests WHERE id = :'payment');
SELECT pg_temp.equal(pg_temp.receive('ok', pg_temp.body('payment_session.completed', :'payment'), pg_temp.answer()), 'confirmed repeat', 'a repeat has the first outcome');
SELECT pg_temp.equal(pg_temp.receive('ok capture', pg_temp.body('payment.capture', :'payment'), pg_temp.answer()), 'unchanged', 'another word for the same money changes nothing');
SELECT pg_temp.equal(pg_temp.receive('ok other money', pg_temp.body('payment.capture', :'payment', '{"amount": 99000}'), pg_temp.answer()), 'mismatch flagged', 'other money for a paid request is flagged');
SELECT pg_temp.equal(pg_temp.receive('ok other payment', pg_temp.body('payment.capture', :'payment', '{"payment_request_id": "pr-77"}'), pg_temp.answer()), 'mismatch flagged', 'so is the same money, paid once more');
SELECT pg_temp.equal(pg_temp.receive('ok expired', pg_temp.body('payment_session.expired', :'payment')), 'unchanged', 'nor does the end of a link that was paid');
SELECT pg_temp.equal(count(*), 1::bigint, 'one session') FROM core.chat_sessions WHERE customer_id = :'customer';

-- trusted
SELECT pg_temp.a_link() AS payment \gset
SELECT pg_temp.equal(pg_temp.receive('trusted', pg_temp.body('payment.capture', :'payment', '{"payment_request_id": "pr-2", "status": "SUCCEEDED"}'), NULL, true), 'confirmed', 'when the provider need not be asked, its word is enough');

-- disorder and lateness: judged by the time of payment
SELECT pg_temp.a_link() AS payment \gset
SELECT pg_temp.equal(pg_temp.receive('ends', pg_temp.body('payment_session.expired', :'payment')), 'expired', 'a link the provider closed expires');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'expired none', 'though its time was not over');
SELECT pg_temp.equal(pg_temp.receive('paid before', pg_temp.body('payment_session.completed', :'payment') || jsonb_build_object('created', clock_timestamp() - interval '1 millisecond'), pg_temp.answer()), 'confirmed', 'money paid before');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'confirmed none', 'counts in time');
SELECT pg_temp.a_link() AS payment \gset
UPDATE core.payment_requests SET expires_at = clock_timestamp() - interval '11 minutes' WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.receive('late', pg_temp.body('payment_session.completed', :'payment'), pg_temp.answer()), 'confirmed', 'money that came too late has come');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'paid_late due', 'and is due back');
SELECT pg_temp.a_link() AS payment \gset
SELECT pg_temp.equal(pg_temp.receive('hostile time', pg_temp.body('payment_session.completed', :'payment', '{"captures": "x"}') || '{"created": "2026-13-45T99:00:00Z"}', pg_temp.answer()), 'confirmed', 'a time that is none counts as now');
SELECT pg_temp.equal(count(*), 1::bigint, 'not as any other') FROM core.payment_requests WHERE id = :'payment' AND paid_at > clock_timestamp() - interval '1 minute';

-- reconciliation: what no webhook told
SELECT pg_temp.a_link() AS lost, pg_temp.a_link() AS closed, pg_temp.a_link() AS waiting, pg_temp.a_link() AS odd \gset
SELECT pg_temp.equal(count(*), 4::bigint, 'links whose money we have not seen are asked about') FROM api.links_to_reconcile('xendit') WHERE payment_request_id IN (:'lost', :'closed', :'waiting', :'odd');
SELECT pg_temp.equal(concat_ws(' ', api.reconcile_payment(:'lost', pg_temp.answer()), api.reconcile_payment(:'closed', '{"status": "EXPIRED"}'), api.reconcile_payment(:'waiting', '{"status": "ACTIVE"}'),
    api.reconcile_payment(:'odd', pg_temp.answer('{"amount": 1}')), api.reconcile_payment(:'odd', pg_temp.answer('{"amount": 1}'))), 'confirmed expired unchanged mismatch mismatch', 'and settled by what the provider says');
SELECT pg_temp.equal(concat_ws(', ', pg_temp.status(:'lost'), pg_temp.status(:'closed'), pg_temp.status(:'waiting'), pg_temp.status(:'odd')), 'confirmed none, expired none, pending none, pending none', 'as by a webhook');
SELECT pg_temp.equal(count(*), 1::bigint, 'the mismatch is flagged, once') FROM core.webhook_receipts WHERE payment_request_id = :'odd' AND is_flagged;

-- refunds
SELECT pg_temp.a_link() AS payment \gset
SELECT pg_temp.receive('paid for a refund', pg_temp.body('payment.capture', :'payment', '{"payment_request_id": "pr-9"}'), pg_temp.answer('{"payment_request_id": "pr-9"}')) \g /dev/null
SELECT api.request_refund(:'payment') -> 'refund' ->> 'id' AS refund \gset
SELECT api.record_refund(:'refund', 'sent', 'rfd-9') \g /dev/null
SELECT pg_temp.equal(pg_temp.receive('refund of another amount', jsonb_build_object('event', 'refund.succeeded', 'data', jsonb_build_object('reference_id', :'refund', 'amount', 1))), 'mismatch flagged', 'a refund of another amount is flagged');
SELECT pg_temp.equal(pg_temp.receive('refund of nothing', '{"event": "refund.succeeded", "data": {"reference_id": "nothing"}}'), 'unknown_reference flagged', 'so is one of nothing');
SELECT pg_temp.equal(pg_temp.receive('refund fails', '{"event": "refund.failed", "data": {"id": "rfd-9", "failure_code": "INSUFFICIENT_BALANCE", "amount": 15000, "currency": "IDR"}}'), 'refund_failed', 'a failed refund, by the provider''s id');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'failed due', 'is due again');
SELECT api.request_refund(:'payment') -> 'refund' ->> 'id' AS refund \gset
SELECT api.record_refund(:'refund', 'sent', 'rfd-10') \g /dev/null
SELECT pg_temp.equal(pg_temp.receive('refund by hand', '{"event": "refund.succeeded", "data": {"id": "rfd-by-hand", "payment_request_id": "pr-9", "amount": 15000}}'), 'unknown_reference flagged', 'a refund made by hand at the provider''s is not ours');
SELECT pg_temp.equal(pg_temp.receive('refund succeeds', '{"event": "refund.succeeded", "data": {"payment_request_id": "pr-9", "amount": 15000}}'), 'refunded', 'a refund that was made, by the payment''s id');
SELECT pg_temp.equal(pg_temp.status(:'payment'), 'failed refunded', 'is made');
SELECT pg_temp.equal(pg_temp.receive('refund succeeds again', '{"event": "refund.succeeded", "data": {"id": "rfd-10", "amount": 15000}}'), 'unchanged', 'another word for it changes nothing');
SELECT pg_temp.equal(pg_temp.receive('refund fails after all', '{"event": "refund.failed", "data": {"id": "rfd-10", "amount": 15000}}'), 'mismatch flagged', 'a word against it is flagged');
SELECT pg_temp.equal(pg_temp.receive('the failed one succeeds', '{"event": "refund.succeeded", "data": {"id": "rfd-9", "amount": 15000}}'), 'mismatch flagged', 'so is money that left twice');

-- operators look, and have one judged again
SELECT pg_temp.a_link() AS payment, pg_temp.a_link() AS other \gset
SELECT pg_temp.receive('a rupiah', pg_temp.body('payment_session.completed', :'payment', '{"amount": 1}')) \g /dev/null
SELECT id AS receipt FROM core.webhook_receipts WHERE receipt_key = 'a rupiah' \gset
SELECT pg_temp.equal(concat_ws(' ', item ->> 'id' = :'receipt', item ->> 'payment_request_id' = :'payment', item ->> 'said_amount', item ? 'body'), 't t 1 f', 'the newest is the first of a list')
FROM jsonb_array_elements(api.list_webhooks(p_limit => 1) -> 'items') AS item;
SELECT pg_temp.equal(jsonb_array_length(api.list_webhooks(p_limit => 1, p_cursor => api.list_webhooks(p_limit => 1) ->> 'next_cursor') -> 'items'), 1, 'which goes on');
SELECT pg_temp.equal(ARRAY(SELECT DISTINCT item ->> 'outcome' FROM jsonb_array_elements(api.list_webhooks('mismatch') -> 'items') AS item), ARRAY['mismatch'], 'of one outcome');
SELECT pg_temp.equal(ARRAY(SELECT DISTINCT item ->> 'is_flagged' FROM jsonb_array_elements(api.list_webhooks(p_is_flagged => true) -> 'items') AS item), ARRAY['true'], 'or flagged');
SELECT pg_temp.equal(jsonb_array_length(api.list_webhooks(p_payment_request_id => :'payment') -> 'items'), 1, 'or of one payment');
SELECT pg_temp.equal(jsonb_array_length(api.list_webhooks(p_from_at => clock_timestamp()) -> 'items') + jsonb_array_length(api.list_webhooks(p_to_at => now() - interval '1 day') -> 'items'), 0, 'or of a time');
SELECT pg_temp.refused('SELECT api.list_webhooks(p_limit => 0)', 'VALIDATION_ERROR', 'a page holds something', 'limit');
SELECT pg_temp.equal(jsonb_array_length(api.list_payment_requests(p_is_flagged => true, p_customer_id => customer_id) -> 'items'), 1, 'so its payment can be found') FROM core.payment_requests WHERE id = :'payment';
SELECT pg_temp.equal(api.find_webhook(:'receipt') -> 'body' ->> 'event', 'payment_session.completed', 'one is shown with its body');
SELECT pg_temp.refused(format('SELECT api.find_webhook(%L)', gen_random_uuid()), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.refused(format('SELECT api.question_again(%L)', gen_random_uuid()), 'NOT_FOUND', 'to be asked about');
SELECT pg_temp.refused(format('SELECT api.process_webhook_again(%L)', gen_random_uuid()), 'NOT_FOUND', 'or judged');
SELECT pg_temp.equal(provider_ref, 'ps-' || :'payment', 'the provider is asked about its link') FROM api.question_again(:'receipt');
SELECT pg_temp.equal(concat_ws(' ', api.process_webhook_again(:'receipt') ->> 'outcome', pg_temp.status(:'payment')), 'mismatch pending none', 'without an answer nothing changes');
SELECT pg_temp.equal(concat_ws(' ', api.process_webhook_again(:'receipt', pg_temp.answer()) ->> 'outcome', pg_temp.status(:'payment')), 'mismatch confirmed none', 'by its own word the money is there, though the webhook is odd');
SELECT pg_temp.equal(concat_ws(' ', api.process_webhook_again(:'receipt', pg_temp.answer()) ->> 'outcome', pg_temp.status(:'payment')), 'mismatch confirmed none', 'once, however often');
SELECT pg_temp.equal(count(*), 0::bigint, 'there is nothing more to ask') FROM api.question_again(:'receipt');
SELECT pg_temp.receive('known later', pg_temp.body('payment_session.expired', :'other', '{"payment_session_id": "ps-later"}') #- '{data,reference_id}') \g /dev/null
UPDATE core.payment_requests SET provider_ref = 'ps-later' WHERE id = :'other';
SELECT pg_temp.equal(concat_ws(' ', api.process_webhook_again(id) ->> 'outcome', api.process_webhook_again(id) ->> 'outcome', pg_temp.status(:'other')), 'expired expired expired none', 'a reference that is known by now has its effect')
FROM core.webhook_receipts WHERE receipt_key = 'known later';

SELECT pg_temp.equal(count(*), 0::bigint, 'every promise is kept') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
