-- Money goes back by three ways: a provider, a bank, the customer's balance; and the balance pays for a request.
\ir tap.psql
SELECT pg_temp.plan(107);

CREATE FUNCTION pg_temp.a_user(p_name text) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO core.control_center_users (email, display_name, role_id, password_hash)
    SELECT p_name || '@test', p_name, id, 'x' FROM core.roles WHERE name = 'super_admin' RETURNING id
$$;
CREATE FUNCTION pg_temp.money(p_payment_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, refund_status, refund_due_amount, refunded_amount, credited_amount) FROM core.payment_requests WHERE id = p_payment_id
$$;
CREATE FUNCTION pg_temp.ways(p_payment_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(way, ' ') FROM jsonb_array_elements_text(api.find_payment_request(p_payment_id) -> 'ways') AS way
$$;
CREATE FUNCTION pg_temp.credit(p_payment_id uuid, p_amount bigint DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', paid ->> 'refund_status', paid -> 'refund' ->> 'way', paid -> 'refund' ->> 'amount', paid -> 'refund' ->> 'status')
    FROM api.request_refund(p_payment_id, p_amount, p_way => 'credit', p_customer_consented => true) AS paid
$$;
CREATE FUNCTION pg_temp.buy(p_customer_id uuid, p_package_id uuid, p_key text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', bought ->> 'status', bought ->> 'provider', bought ->> 'amount', coalesce(bought ->> 'checkout_url', 'no link'))
    FROM api.create_payment_request(p_customer_id, p_package_id, p_use_credit => true, p_request_key => p_key) AS bought
$$;
CREATE FUNCTION pg_temp.failed_payment(p_customer_id uuid, p_provider text DEFAULT 'manual') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    v_id uuid := api.create_payment_request(p_customer_id, pg_temp.a_package(), p_anyone_available => true, p_provider => p_provider) ->> 'id';
BEGIN
    IF p_provider <> 'manual' THEN
        PERFORM api.attach_checkout(v_id, p_customer_id, 'ps-' || v_id, 'https://pay.test');
    END IF;
    PERFORM api.cancel_session((api.confirm_payment(v_id) ->> 'session_id')::uuid, p_customer_id);
    RETURN v_id;
END
$$;

SELECT pg_temp.a_user('ani') AS ani, pg_temp.a_user('budi') AS budi, pg_temp.a_mitra() AS mitra, pg_temp.a_customer() AS customer, pg_temp.a_package() AS package \gset

-- the ways
SELECT pg_temp.failed_payment(:'customer') AS payment \gset
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'provider transfer credit', 'a manual payment goes back by any way');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, p_way => %L)', :'payment', 'cheque'), 'VALIDATION_ERROR', 'there are three ways', 'way');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, p_way => NULL)', :'payment'), 'VALIDATION_ERROR', 'one of them', 'way');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, p_way => %L, p_customer_consented => false)', :'payment', 'credit'), 'VALIDATION_ERROR', 'credit is nothing for a customer who refused it', 'customer_consented');

-- why
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, p_reason => %L, p_actor_id => %L)', :'payment', reason, :'ani'), 'VALIDATION_ERROR', 'an operator says why', 'reason') FROM (VALUES (NULL), (''), (U&' \200B')) AS blank (reason);

-- by transfer
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'INVALID_STATE', 'nothing waits to be confirmed yet');
SELECT pg_temp.equal(api.request_refund(:'payment', p_way => 'transfer', p_actor_id => :'ani', p_reason => 'they asked') ->> 'refund_status', 'requested', 'a transfer is asked for');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed requested 15000 0 0', 'and due until it is paid');
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer', 'no other way is open meanwhile');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'payment'), 'INVALID_STATE', 'so the provider has to wait');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L, p_way => ''credit'', p_customer_consented => true)', :'payment'), 'INVALID_STATE', 'and credit');
SELECT pg_temp.equal(api.request_refund(:'payment', p_way => 'transfer', p_actor_id => :'budi', p_reason => 'they asked') -> 'refund' ->> 'actor_id', :'ani', 'asking again changes nothing: she who asked did');
SELECT pg_temp.equal(count(*), 0::bigint, 'no provider is asked') FROM api.refunds_to_send('manual');
SELECT id AS refund FROM core.refunds WHERE payment_request_id = :'payment' \gset
SELECT pg_temp.refused(format('SELECT api.record_refund(%L, ''succeeded'')', :'refund'), 'NOT_FOUND', 'nor heard');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'ani'), 'SECOND_USER_REQUIRED', 'who asked does not confirm');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now())', :'payment'), 'SECOND_USER_REQUIRED', 'nor nobody');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', gen_random_uuid()), 'SECOND_USER_REQUIRED', 'nor somebody unknown');
UPDATE core.control_center_users SET is_active = false WHERE id = :'budi';
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'SECOND_USER_REQUIRED', 'nor somebody who left');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, false, p_reason => ''no'', p_actor_id => %L)', :'payment', :'ani'), 'SECOND_USER_REQUIRED', 'that it was not paid needs two, too');
UPDATE core.control_center_users SET is_active = id = :'budi' WHERE id IN (:'ani', :'budi');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'SECOND_USER_REQUIRED', 'who asked must be there still');
SELECT pg_temp.a_user('citra') AS citra \gset
SELECT pg_temp.equal(api.request_refund(:'payment', p_way => 'transfer', p_actor_id => :'citra', p_reason => 'ani has left') -> 'refund' ->> 'actor_id', :'citra', 'or another user asks in that one''s place');
SELECT pg_temp.equal(concat_ws(' ', action, before ->> 'actor_id' = :'ani', after ->> 'actor_id' = :'citra', after ->> 'reason'), 'payment.refund t t ani has left', 'which the audit log knows')
FROM core.audit_log WHERE subject = :'payment' ORDER BY id DESC LIMIT 1;
SELECT pg_temp.equal(reason, 'ani has left', 'with the reason') FROM core.refunds WHERE id = :'refund';
SELECT count(*) AS audited FROM core.audit_log WHERE subject = :'payment' \gset
SELECT api.request_refund(:'payment', p_way => 'transfer', p_actor_id => :'budi', p_reason => 'again') \g /dev/null
SELECT pg_temp.equal(count(*), :audited::bigint, 'who is there still is not replaced') FROM core.audit_log WHERE subject = :'payment';
SELECT api.set_cc_password(:'budi', '$argon2id$y', :'citra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'SECOND_USER_REQUIRED', 'who asked may know the other one''s password');
UPDATE core.control_center_users SET password_set_by = CASE WHEN id = :'citra' THEN :'budi'::uuid END WHERE id IN (:'budi', :'citra');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'SECOND_USER_REQUIRED', 'or who confirms');
SELECT (api.create_cc_user('dewi.of.refunds@example.com', 'Dewi', 'finance', '$argon2id$x', :'budi') ->> 'id') AS dewi \gset
UPDATE core.control_center_users SET password_set_by = NULL WHERE id = :'citra';
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, NULL, ''T1'', now(), NULL, %L)', :'payment', :'dewi'), 'VALIDATION_ERROR', 'whom somebody made is a second user', 'bank');
SELECT api.set_cc_password(:'dewi', '$argon2id$y', :'budi') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, NULL, ''T1'', now(), NULL, %L)', :'payment', :'dewi'), 'SECOND_USER_REQUIRED', 'but not after a reset by a third');
SELECT api.change_own_password(:'dewi', '$argon2id$z', (SELECT auth_session_id FROM api.open_cc_login(:'dewi', '\xd1', 'here')), 'here') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, NULL, ''T1'', now(), NULL, %L)', :'payment', :'dewi'), 'VALIDATION_ERROR', 'until their owner chose another', 'bank');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, NULL, ''T1'', now(), NULL, %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'the bank is named', 'bank');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', NULL, now(), NULL, %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'and the reference', 'reference');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', NULL, NULL, %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'and the time', 'paid_at');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', clock_timestamp() + interval ''1 minute'', NULL, %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'not in the future', 'paid_at');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now() - interval ''1 minute'', NULL, %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'nor before the customer paid', 'paid_at');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, false, p_actor_id => %L)', :'payment', :'budi'), 'VALIDATION_ERROR', 'what was not paid has a reason', 'reason');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, NULL)', :'payment'), 'VALIDATION_ERROR', 'paid or not', 'paid');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', now())', gen_random_uuid()), 'NOT_FOUND', 'it must exist');
SELECT pg_temp.equal(api.confirm_refund(:'payment', false, p_reason => 'account closed', p_actor_id => :'budi') ->> 'refund_status', 'due', 'not paid: due again');
SELECT pg_temp.equal(concat_ws(' ', due, days_owed, way, last_refund, failure, array_to_string(ways, '+')), '15000 0 transfer failed account closed provider+transfer+credit', 'with its reason, and the ways that are open')
FROM ops.refund_due WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(api.list_refund_due() -> 'items' -> 0 ->> 'payment_request_id', :'payment', 'the queue has it');
SELECT api.request_refund(:'payment', p_way => 'transfer', p_actor_id => :'budi', p_reason => 'they asked') -> 'refund' ->> 'id' AS second \gset
SELECT pg_temp.ok(:'second' <> :'refund', 'another transfer is another refund');
UPDATE core.payment_requests SET paid_at = clock_timestamp() + interval '1 day' WHERE id = :'payment';
SELECT api.confirm_refund(:'payment', true, ' BCA ', 'T2', clock_timestamp(), NULL, :'citra') AS confirmed \gset
SELECT pg_temp.equal(:'confirmed'::jsonb ->> 'refund_status', 'refunded', 'paid, though the provider''s clock is a day ahead');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed refunded 0 15000 0', 'every rupiah is refunded');
SELECT pg_temp.equal(concat_ws(' ', refund ->> 'actor_id' = :'budi', refund ->> 'confirmed_by' = :'citra', refund ->> 'bank', refund ->> 'reference', refund ->> 'paid_at' IS NOT NULL), 't t BCA T2 t', 'by whom, and how, is written down')
FROM (SELECT :'confirmed'::jsonb -> 'refund') AS shown (refund);
SELECT pg_temp.equal(jsonb_array_length(:'confirmed'::jsonb -> 'refunds'), 2, 'beside the one that failed');
SELECT pg_temp.equal(pg_temp.ways(:'payment'), NULL, 'nothing is left to pay back');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T2'', clock_timestamp(), NULL, %L)', :'payment', :'ani'), 'INVALID_STATE', 'and nothing to confirm twice');
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated payment_updated payment_updated payment_updated', 'the customer is told');
SELECT pg_temp.equal(string_agg(concat_ws(' ', action, after ->> 'paid', after ->> 'reference'), ', ' ORDER BY id), 'payment.confirm_refund false, payment.confirm_refund true T2', 'the audit log knows')
FROM core.audit_log WHERE subject = :'payment' AND action = 'payment.confirm_refund';
SELECT pg_temp.equal(string_agg(concat_ws(' ', type, amount), ', '), 'refund 15000', 'it is one transaction') FROM core.customer_transactions WHERE payment_request_id = :'payment';

-- by credit
SELECT pg_temp.failed_payment(:'customer') AS payment \gset
SELECT pg_temp.equal(pg_temp.credit(:'payment', 5000), 'due credit 5000 succeeded', 'a part becomes credit at once');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed due 10000 0 5000', 'the rest stays due');
SELECT pg_temp.equal(pg_temp.credit(:'payment'), 'refunded credit 10000 succeeded', 'and then the rest');
SELECT pg_temp.equal(pg_temp.money(:'payment'), 'failed refunded 0 0 15000', 'every rupiah is credited');
SELECT pg_temp.equal(api.profile('customer', :'customer') ->> 'balance', '15000', 'the customer sees the balance');
SELECT pg_temp.equal(string_agg(concat_ws(' ', type, amount), ', ' ORDER BY created_at), 'balance 5000, balance 10000', 'each is a transaction') FROM core.customer_transactions WHERE payment_request_id = :'payment';
SELECT pg_temp.equal(string_agg(after ->> 'customer_consented', ' '), 'true true', 'the consent is in the audit log') FROM core.audit_log WHERE subject = :'payment';
SELECT pg_temp.refused(format('SELECT pg_temp.credit(%L)', :'payment'), 'INVALID_STATE', 'nothing is credited twice');
SELECT pg_temp.fails('UPDATE core.balance_entries SET amount = 1', 'PT409', 'no entry changes');
SELECT pg_temp.fails('DELETE FROM core.balance_entries', 'PT409', 'or goes');
SELECT pg_temp.refused(format('SELECT api.delete_customer(%L)', :'customer'), 'INVALID_STATE', 'who has a balance does not leave');

-- the balance pays
SELECT pg_temp.equal(pg_temp.buy(:'customer', pg_temp.a_package(15001)), 'pending manual 15001 /api/payment-requests/' || id || '/confirm', 'a balance that does not cover the amount stays as it is: an ordinary link')
FROM core.payment_requests WHERE amount = 15001;
SELECT pg_temp.equal(core.balance(:'customer'), 15000::bigint, 'nothing of it is used');
SELECT pg_temp.refused(format('SELECT pg_temp.buy(%L, %L)', :'customer', gen_random_uuid()), 'NOT_FOUND', 'what is bought must exist');
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.refused(format('SELECT pg_temp.buy(%L, %L)', :'customer', :'package'), 'NO_MITRA_AVAILABLE', 'somebody must be there');
SELECT api.go_online(:'mitra') \g /dev/null
SELECT pg_temp.seq('customer', :'customer') AS seq \gset
SELECT pg_temp.equal(pg_temp.buy(:'customer', :'package', 'key'), 'confirmed credit 15000 no link', 'one that covers it pays at once');
SELECT pg_temp.equal(core.balance(:'customer'), 0::bigint, 'the balance is used');
SELECT id AS bought, session_id AS session FROM core.payment_requests WHERE provider = 'credit' AND customer_id = :'customer' \gset
SELECT pg_temp.equal(status, 'searching', 'its session searches') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.equal(pg_temp.told('customer', :'customer', :seq), 'payment_updated', 'the customer is told');
SELECT pg_temp.equal(pg_temp.buy(:'customer', :'package', 'key'), 'confirmed credit 15000 no link', 'the same request again buys nothing more');
SELECT pg_temp.equal(count(*), 1::bigint, 'there is one') FROM core.payment_requests WHERE provider = 'credit' AND customer_id = :'customer';
SELECT pg_temp.refused(format('SELECT pg_temp.buy(%L, %L)', :'customer', :'package'), 'SESSION_ALREADY_OPEN', 'a session at a time');
SELECT pg_temp.equal(concat_ws(' ', confirmed - paid_by_credit, held, kept, refund_due, refunded, credit, unaccounted), '30000 15000 0 0 15000 0 0', 'the balance of all money') FROM ops.money_balance;
SELECT pg_temp.equal(pg_temp.ways(:'bought'), 'transfer credit', 'it goes back by transfer or credit only');
SELECT pg_temp.refused(format('SELECT api.request_refund(%L)', :'bought'), 'INVALID_STATE', 'not by the provider', 'way');
SELECT pg_temp.equal(status, 'searching', 'and that refusal changes nothing') FROM core.chat_sessions WHERE id = :'session';
SELECT api.accept_offer(pg_temp.an_offer(:'session', :'mitra'), :'mitra') ->> 'status' AS status \gset
SELECT pg_temp.equal(:'status', 'active', 'accepted, it runs');
SELECT pg_temp.equal(pg_temp.credit(:'bought', 12000), 'refunded credit 12000 succeeded', 'kept money becomes credit, too');
SELECT pg_temp.equal(pg_temp.money(:'bought'), 'consumed refunded 0 0 12000', 'the rest stays kept');
SELECT pg_temp.a_package(10000, 10, NULL, true) AS more \gset
SELECT api.create_payment_request(:'customer', :'more', true, :'session', p_use_credit => true) AS extension \gset
SELECT pg_temp.equal(concat_ws(' ', :'extension'::jsonb ->> 'status', :'extension'::jsonb ->> 'provider'), 'confirmed credit', 'an extension is paid alike');
SELECT pg_temp.equal(api.request_extension(:'session', :'customer', 10, 10000, (:'extension'::jsonb ->> 'id')::uuid) ->> 'status', 'pending', 'and usable');

-- the balance is returned, and paid out
SELECT pg_temp.refused(format('SELECT api.return_balance(%L)', gen_random_uuid()), 'NOT_FOUND', 'of a customer there is');
SELECT pg_temp.refused(format('SELECT api.return_balance(%L)', pg_temp.a_customer()), 'INVALID_STATE', 'who has a balance');
SELECT api.return_balance(:'customer', :'ani') AS returned \gset
SELECT pg_temp.equal(concat_ws(' ', :'returned'::jsonb ->> 'returned', jsonb_array_length(:'returned'::jsonb -> 'items')), '2000 1', 'the balance is due again');
SELECT pg_temp.equal(pg_temp.money(:'bought'), 'consumed due 2000 0 10000', 'of the request from which it came last');
SELECT pg_temp.equal(core.balance(:'customer'), 0::bigint, 'and gone');
SELECT pg_temp.equal(since, (SELECT created_at FROM core.balance_entries WHERE kind = 'returned'), 'since it was returned') FROM ops.refund_due WHERE payment_request_id = :'bought';
SELECT api.request_refund(:'bought', p_way => 'transfer', p_actor_id => :'budi', p_reason => 'they asked') \g /dev/null
SELECT pg_temp.equal(api.confirm_refund(:'bought', true, 'BCA', 'T3', clock_timestamp(), ' ', :'citra') ->> 'refund_status', 'refunded', 'paid out; blanks alone are no reason');
SELECT pg_temp.equal(concat_ws(' ', confirmed - paid_by_credit, refunded, credit, unaccounted), '30000 17000 0 0', 'a balance paid out is refunded') FROM ops.money_balance;

-- what a provider refuses
SELECT pg_temp.failed_payment(pg_temp.a_customer(), 'xendit') AS payment \gset
SELECT api.request_refund(:'payment') -> 'refund' ->> 'id' AS refund \gset
SELECT pg_temp.equal(api.record_refund(:'refund', 'refused', NULL, '400 REFUND_NOT_SUPPORTED') ->> 'refund_status', 'due', 'refused for good: due again');
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer credit', 'and the provider is not asked any more');
SELECT pg_temp.failed_payment(pg_temp.a_customer(), 'xendit') AS payment \gset
SELECT api.request_refund(:'payment', p_actor_id => :'budi', p_reason => 'they asked') -> 'refund' ->> 'id' AS refund \gset
SELECT api.record_refund(:'refund', 'failed', 'rfd-9', 'INSUFFICIENT_BALANCE') \g /dev/null
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'provider transfer credit', 'what passes may be asked for again');
SELECT api.request_refund(:'payment', p_actor_id => :'budi', p_reason => 'they asked') -> 'refund' ->> 'id' AS refund \gset
SELECT api.record_refund(:'refund', 'unanswered') \g /dev/null
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'provider', 'without an answer it may have been paid: no other way is open');
SELECT pg_temp.refused(format('SELECT api.confirm_refund(%L, true, ''BCA'', ''T1'', clock_timestamp(), NULL, %L)', :'payment', :'citra'), 'INVALID_STATE', 'nor is it a transfer that was paid');
SELECT pg_temp.equal(api.confirm_refund(:'payment', false, p_reason => 'not in their dashboard', p_actor_id => :'citra') ->> 'refund_status', 'due', 'two users may say that it was not');
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'provider transfer credit', 'then every way is open');
UPDATE core.payment_requests SET provider_channel = 'QRIS', paid_at = paid_at - interval '31 days' WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer credit', 'QRIS is paid back within 30 days');
UPDATE core.payment_requests SET provider_channel = 'ID_OVO', paid_at = clock_timestamp() - interval '1 day' WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer credit', 'OVO on the same day');
UPDATE core.payment_requests SET provider_channel = 'BCA_VIRTUAL_ACCOUNT', paid_at = clock_timestamp() WHERE id = :'payment';
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer credit', 'a virtual account never');
UPDATE core.customers SET merged_at = clock_timestamp() WHERE id = (SELECT customer_id FROM core.payment_requests WHERE id = :'payment');
SELECT pg_temp.equal(pg_temp.ways(:'payment'), 'transfer', 'and nobody credits an account that is gone');

-- a key lives for a day
SELECT pg_temp.a_customer() AS other \gset
SELECT pg_temp.failed_payment(:'other') AS funds \gset
SELECT pg_temp.credit(:'funds') \g /dev/null
SELECT pg_temp.buy(:'other', pg_temp.a_package(1000), 'again') \g /dev/null
SELECT api.cancel_session(session_id, :'other') FROM core.payment_requests WHERE provider = 'credit' AND customer_id = :'other' \g /dev/null
SELECT pg_temp.equal(pg_temp.buy(:'other', pg_temp.a_package(2000), 'again'), 'failed credit 1000 no link', 'until then it finds what it bought, whatever became of it');
SET LOCAL session_replication_role = replica;
UPDATE core.balance_entries SET created_at = created_at - interval '24 hours' WHERE request_key = 'again';
SET LOCAL session_replication_role = origin;
SELECT pg_temp.equal(pg_temp.buy(:'other', pg_temp.a_package(2000), 'again'), 'confirmed credit 2000 no link', 'then it buys what it asks for');

SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM api.money_balance() AS money CROSS JOIN jsonb_to_record(money) AS balance (unaccounted numeric);
SELECT pg_temp.equal(api.money_balance() - 'server_time', api.money_balance(true) - 'server_time', 'what is kept is what is counted');
INSERT INTO core.figure_changes (metric, at, bucket, value) VALUES ('money_held', '-infinity', 0, 7);
SELECT pg_temp.equal(concat_ws(' ', api.money_balance() -> 'unaccounted', api.money_balance(true) -> 'unaccounted'), '-7 0', 'only the proof reads every payment');
DELETE FROM core.figure_changes WHERE value = 7;
SELECT pg_temp.equal(count(*), 0::bigint, 'every promise is kept') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
