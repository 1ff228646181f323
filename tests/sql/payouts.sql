-- Periods, payouts, and who may do what with them.
\ir tap.psql
SELECT pg_temp.plan(55);

CREATE FUNCTION pg_temp.a_session_for(p_price bigint, p_mitra_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.accept_offer(pg_temp.an_offer((api.confirm_payment(pg_temp.a_payment(pg_temp.a_customer(),
        pg_temp.a_package(p_price))) ->> 'session_id')::uuid, p_mitra_id), p_mitra_id) ->> 'id')::uuid
$$;
CREATE FUNCTION pg_temp.an_ended_session(p_price bigint, p_mitra_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.end_session(pg_temp.a_session_for(p_price, p_mitra_id), 'cc', NULL) ->> 'id')::uuid
$$;
CREATE FUNCTION pg_temp.a_user(p_name text) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.create_admin(p_name || '@payouts.test', p_name, '$argon2id$none', 'finance') ->> 'id')::uuid
$$;
CREATE FUNCTION pg_temp.money(p_mitra_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', money ->> 'earnings', money ->> 'owed', money ->> 'paid_out') FROM api.mitra_earnings(p_mitra_id) AS money
$$;

SELECT pg_temp.a_mitra() AS satu, pg_temp.a_mitra() AS dua, pg_temp.a_user('ani') AS ani, pg_temp.a_user('budi') AS budi, pg_temp.a_user('cici') AS cici \gset
SELECT pg_temp.an_ended_session(10000, :'satu') AS first, pg_temp.an_ended_session(5000, :'satu') AS second, pg_temp.an_ended_session(1001, :'dua') AS third \gset

-- a period
SELECT pg_temp.refused('SELECT api.close_payout_period(clock_timestamp() + interval ''1 hour'')', 'VALIDATION_ERROR', 'a period ends in the past', 'until');
SELECT pg_temp.refused('SELECT api.close_payout_period(''infinity'')', 'VALIDATION_ERROR', 'not without an end', 'until');
SELECT pg_temp.refused('SELECT api.close_payout_period(NULL)', 'VALIDATION_ERROR', 'and ends somewhere', 'until');
SELECT pg_temp.equal(jsonb_array_length(api.close_payout_period(clock_timestamp() - interval '1 hour', :'ani') -> 'items'), 0, 'a period in which nobody earned has no payout');
SELECT clock_timestamp() AS until \gset
SELECT api.close_payout_period(:'until', :'ani') AS closed \gset
SELECT pg_temp.equal((SELECT string_agg(item ->> 'amount', ' ' ORDER BY (item ->> 'amount')::bigint) FROM jsonb_array_elements(:'closed'::jsonb -> 'items') AS item
    WHERE (item ->> 'mitra_id')::uuid IN (:'satu', :'dua')), '601 9000', 'one payout a mitra, of what it earned');
SELECT pg_temp.equal(api.close_payout_period(:'until', :'budi'), :'closed'::jsonb, 'closing it again gives the same');
SELECT pg_temp.equal(count(*), 1::bigint, 'and is written down once') FROM core.audit_log WHERE action = 'payout.close' AND subject = core.instant(:'until');
SELECT id AS payout FROM core.payouts WHERE mitra_id = :'satu' \gset
SELECT id AS other FROM core.payouts WHERE mitra_id = :'dua' \gset
SELECT pg_temp.equal(format('%s %s %s', owed, in_no_payout, to_be_paid), '9000 0 9000', 'it is owed until it is paid') FROM ops.owed_earnings WHERE mitra_id = :'satu';

-- of very many earnings a call makes the first payouts, and further steps the others
CREATE FUNCTION pg_temp.step(p_until timestamptz, p_rows integer) RETURNS boolean LANGUAGE sql AS $$
    SELECT core.gather_earnings(period, p_rows) FROM core.payout_periods AS period WHERE until = p_until
$$;
CREATE FUNCTION pg_temp.made_until(p_until timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(payout.amount::text, ' ' ORDER BY payout.mitra_id) FROM core.payouts AS payout WHERE payout.until = p_until
$$;
SELECT array_agg(id ORDER BY id) AS four FROM (SELECT pg_temp.a_mitra() AS id FROM generate_series(1, 4)) AS made \gset
SELECT pg_temp.an_ended_session(amount, mitra) FROM unnest(:'four'::uuid[], '{100,200,300,400}'::bigint[]) AS one (mitra, amount) \g /dev/null
SELECT pg_temp.an_ended_session(amount, (:'four'::uuid[])[2]) FROM unnest('{1000,1000,1000}'::bigint[]) AS one (amount) \g /dev/null
SELECT clock_timestamp() AS many \gset
INSERT INTO core.payout_periods (until, actor_id) VALUES (:'many', :'ani');
SELECT pg_temp.equal(pg_temp.step(:'many', 1), true, 'a step is made');
SELECT pg_temp.equal(pg_temp.made_until(:'many'), '60', 'for the mitras whose earnings fit');
SELECT pg_temp.equal(pg_temp.step(:'many', 2), true, 'the next one goes on');
SELECT pg_temp.equal(pg_temp.made_until(:'many'), '60 1920', 'with a mitra whose earnings alone are more, all of them');
SELECT pg_temp.an_ended_session(500, (:'four'::uuid[])[1]), pg_temp.an_ended_session(500, (:'four'::uuid[])[4]) \g /dev/null
SELECT pg_temp.equal(pg_temp.step(:'many', 1), true, 'and so on');
SELECT pg_temp.equal(gathered_at, NULL, 'until everybody had a turn') FROM core.payout_periods WHERE until = :'many';
SELECT pg_temp.equal(concat_ws(' ', closed ->> 'is_complete', closed ->> 'payouts', closed ->> 'amount', closed ->> 'actor_id' = :'ani'),
    'true 4 2400 t', 'and whoever closes the period again; what is earned meanwhile is of the next one') FROM api.close_payout_period(:'many', :'budi') AS closed;
SELECT pg_temp.equal(api.gather_payouts(), false, 'then there is nothing more to do');
SELECT pg_temp.refused('SELECT api.gather_payouts(NULL)', 'VALIDATION_ERROR', 'some periods are passed over, or none', 'passed');
INSERT INTO core.payout_periods (until, closed_at) VALUES (:'many'::timestamptz - interval '1 day', now() - interval '1 day'), (:'many'::timestamptz - interval '2 days', now());
SELECT pg_temp.equal(api.gather_payouts(1), true, 'a period whose step failed is passed over');
SELECT pg_temp.equal(array_agg(:'many'::timestamptz - until), '{1 day}', 'and is the only one that is left') FROM core.payout_periods WHERE gathered_at IS NULL;
SELECT pg_temp.equal(api.gather_payouts(1), false, 'so there is nothing behind it');
SELECT api.gather_payouts() \g /dev/null
SELECT pg_temp.equal(sum(in_no_payout), 600::numeric, 'nobody is forgotten') FROM ops.owed_earnings WHERE mitra_id = ANY (:'four'::uuid[]);
SAVEPOINT before;
SELECT clock_timestamp() AS last \gset
INSERT INTO core.payout_periods (until, actor_id) VALUES (:'last', :'ani');
SELECT api.gather_payouts() AS has_made \gset
SELECT pg_temp.made_until(:'last') AS made \gset
ROLLBACK TO before;
SELECT pg_temp.equal(concat_ws(' ', :'has_made', :'made'), 't 300 300', 'the listener makes payouts, too');

-- paid, by a second user
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT1'', %L)', :'payout', :'ani'), 'SECOND_USER_REQUIRED', 'who closed the period does not pay');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT1'')', :'payout'), 'SECOND_USER_REQUIRED', 'nor nobody');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, NULL, %L)', :'payout', :'budi'), 'VALIDATION_ERROR', 'the bank has a reference', 'reference');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT1'', %L)', gen_random_uuid(), :'budi'), 'NOT_FOUND', 'there is no such payout');
SELECT pg_temp.equal(api.mark_payout_paid(:'payout', ' FT1 ', :'budi') ->> 'status', 'paid', 'a second user pays');
SELECT pg_temp.equal(api.mark_payout_paid(:'payout', 'FT1', :'budi') ->> 'reference', 'FT1', 'a repeat changes nothing');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT2'', %L)', :'payout', :'budi'), 'INVALID_STATE', 'it is paid once');
SELECT pg_temp.refused(format('SELECT api.hold_payout(%L)', :'payout'), 'INVALID_STATE', 'what is paid is not held');
SELECT pg_temp.refused(format('SELECT api.release_payout(%L)', :'payout'), 'INVALID_STATE', 'nor released');
SELECT pg_temp.equal(pg_temp.money(:'satu'), '9000 0 9000', 'the mitra sees it');
SELECT pg_temp.equal(string_agg(payout, ' ') ~ '^paid FT1 until .* paid FT1', true, 'each rupiah is in it') FROM ops.explain_earnings(:'satu');

-- held and released; who releases it answers for it
SELECT pg_temp.equal(api.hold_payout(:'other', 'ask first', :'cici') ->> 'status', 'held', 'a payout is held');
SELECT pg_temp.equal(api.hold_payout(:'other', 'again', :'cici') ->> 'reason', 'ask first', 'once');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT3'', %L)', :'other', :'budi'), 'INVALID_STATE', 'what is held is not paid');
SELECT pg_temp.equal(held, 601::bigint, 'what is held is owed') FROM ops.owed_earnings WHERE mitra_id = :'dua';
SELECT pg_temp.equal(api.release_payout(:'other', :'budi') ->> 'actor_id', :'budi', 'who releases it answers for it');
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT3'', %L)', :'other', :'budi'), 'SECOND_USER_REQUIRED', 'and does not pay');
SELECT pg_temp.equal(api.release_payout(:'other', :'cici') ->> 'actor_id', :'budi', 'an open payout keeps its first user');
UPDATE core.control_center_users SET is_active = false WHERE id = :'budi';
SELECT pg_temp.equal(api.release_payout(:'other', :'cici') ->> 'actor_id', :'cici', 'unless that one has left');
UPDATE core.control_center_users SET is_active = true WHERE id = :'budi';

-- failed: owed again
SELECT api.hold_payout(:'other', NULL, :'cici') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.mark_payout_failed(%L, '' '', %L)', :'other', :'budi'), 'VALIDATION_ERROR', 'it fails for a reason', 'reason');
SELECT pg_temp.equal(api.mark_payout_failed(:'other', 'account closed', :'budi') ->> 'status', 'failed', 'a payout fails');
SELECT pg_temp.equal(in_no_payout, 601::bigint, 'and what was in it is owed again') FROM ops.owed_earnings WHERE mitra_id = :'dua';
SELECT pg_temp.refused(format('SELECT api.mark_payout_failed(%L, ''came back'', %L)', :'payout', :'budi'), 'SECOND_USER_REQUIRED', 'who said that it was paid does not say that it came back');
UPDATE core.control_center_users SET is_active = false, password_set_by = :'cici' WHERE id = :'budi';
SELECT pg_temp.equal(api.mark_payout_failed(:'payout', 'came back', :'ani') ->> 'status', 'failed', 'another does, also after that one has left');
UPDATE core.control_center_users SET is_active = true, password_set_by = NULL WHERE id = :'budi';
SELECT pg_temp.equal(pg_temp.money(:'satu'), '9000 9000 0', 'then it is owed again');

-- a refund after a payout: carried, and never below 0
SELECT clock_timestamp() AS again \gset
SELECT api.close_payout_period(:'again', NULL) \g /dev/null
SELECT id AS next FROM core.payouts WHERE mitra_id = :'satu' AND until = :'again' \gset
SELECT pg_temp.refused(format('SELECT api.mark_payout_paid(%L, ''FT4'', %L)', :'next', :'budi'), 'SECOND_USER_REQUIRED', 'what a DBA closed has no first user');
SELECT api.release_payout(:'next', :'ani'), api.mark_payout_paid(:'next', 'FT4', :'budi') \g /dev/null
SELECT api.request_refund(pg_temp.payment_of(:'first'), 10000) \g /dev/null
SELECT pg_temp.equal(pg_temp.money(:'satu'), '3000 -6000 9000', 'what a refund takes after the payout is owed by the mitra');
SELECT pg_temp.an_ended_session(8000, :'satu') AS fourth \gset
SELECT pg_temp.equal((SELECT count(*) FROM jsonb_array_elements(api.close_payout_period(clock_timestamp(), :'ani') -> 'items') AS item WHERE item ->> 'mitra_id' = :'satu'), 0::bigint, 'there is no payout below 0');
SELECT pg_temp.an_ended_session(8000, :'satu') AS fifth \gset
SELECT pg_temp.equal((SELECT (item ->> 'amount') FROM jsonb_array_elements(api.close_payout_period(clock_timestamp(), :'ani') -> 'items') AS item WHERE item ->> 'mitra_id' = :'satu'), '3600', 'the next payout is what is left');

SELECT api.mark_payout_failed((api.close_payout_period(clock_timestamp(), :'ani') #>> '{items,0,id}')::uuid, 'not yet', :'ani')
WHERE pg_temp.an_ended_session(700, :'dua') IS NOT NULL \g /dev/null
SELECT pg_temp.equal(api.list_payouts('open', :'satu') -> 'items' -> 0 ->> 'amount', '3600', 'payouts are listed');
SELECT pg_temp.equal(item - '{until,closed_at}'::text[], jsonb_build_object('closed_by', jsonb_build_object('id', :'ani', 'display_name', 'ani'), 'is_complete', true,
    'payouts', 2, 'amount', 9601, 'open', '{"payouts": 0, "amount": 0}'::jsonb, 'held', '{"payouts": 0, "amount": 0}'::jsonb, 'paid', '{"payouts": 0, "amount": 0}'::jsonb,
    'failed', '{"payouts": 2, "amount": 9601}'::jsonb), 'a closed period says what became of its payouts')
FROM jsonb_array_elements(api.list_payout_periods() -> 'items') AS item WHERE item ->> 'until' = core.instant(:'until');
SELECT pg_temp.equal(format('%s %s %s %s', item -> 'closed_by', item -> 'payouts', item -> 'paid' ->> 'payouts', item -> 'open' ->> 'amount'), 'null 4 1 1201', 'and who closed it, unless that was a DBA')
FROM jsonb_array_elements(api.list_payout_periods() -> 'items') AS item WHERE item ->> 'until' = core.instant(:'again');
SELECT pg_temp.equal(string_agg(invariant || ' ' || details, '; '), NULL, 'nothing is wrong') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
