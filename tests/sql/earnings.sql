-- What mitras earn, by which share, and what refunds change of it.
\ir tap.psql
SELECT pg_temp.plan(35);

CREATE FUNCTION pg_temp.earned(p_mitra_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT (api.mitra_earnings(p_mitra_id) ->> 'earned') || ' ' || (api.mitra_earnings(p_mitra_id) ->> 'owed')
$$;
-- A session of this price that runs with this mitra.
CREATE FUNCTION pg_temp.a_session_for(p_price bigint, p_mitra_id uuid) RETURNS uuid LANGUAGE sql AS $$
    SELECT (api.accept_offer(pg_temp.an_offer((api.confirm_payment(pg_temp.a_payment(pg_temp.a_customer(),
        pg_temp.a_package(p_price))) ->> 'session_id')::uuid, p_mitra_id), p_mitra_id) ->> 'id')::uuid
$$;
-- As if the clock of the present mitra had run for so long.
CREATE FUNCTION pg_temp.served(p_session_id uuid, p_seconds integer) RETURNS void LANGUAGE sql AS $$
    UPDATE core.pairing_offers SET settled_at = settled_at - make_interval(secs => p_seconds)
    WHERE session_id = p_session_id AND status = 'accepted';
    UPDATE core.session_reroutes SET at = at - make_interval(secs => p_seconds) WHERE session_id = p_session_id;
    UPDATE core.chat_sessions SET started_at = started_at - make_interval(secs => p_seconds), expires_at = expires_at - make_interval(secs => p_seconds)
    WHERE id = p_session_id;
$$;
CREATE FUNCTION pg_temp.next_mitra(p_session_id uuid, p_mitra_id uuid) RETURNS void LANGUAGE sql AS $$
    SELECT api.reroute_session(p_session_id);
    SELECT api.accept_offer(pg_temp.an_offer(p_session_id, p_mitra_id), p_mitra_id);
$$;

SELECT pg_temp.a_mitra() AS satu, pg_temp.a_mitra() AS dua, pg_temp.a_mitra() AS tiga \gset

-- unassigned until the end
SELECT unassigned AS unassigned_before, platform AS platform_before, owed AS owed_before FROM ops.money_balance \gset
SELECT pg_temp.a_session_for(15001, :'satu') AS session \gset
SELECT pg_temp.equal(unassigned - :unassigned_before, 15001::numeric, 'while a session goes on, what it keeps is unassigned') FROM ops.money_balance;
SELECT pg_temp.equal(pg_temp.earned(:'satu'), '0 0', 'and its mitra has earned nothing');
SELECT pg_temp.equal(mitra_share_percent::integer, 60, 'the share is that of its start') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.set('mitra_share_percent', '100');
SELECT api.end_session(:'session', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(pg_temp.earned(:'satu'), '9001 9001', 'the share is rounded up');
SELECT pg_temp.equal(format('%s %s %s', unassigned - :unassigned_before, platform - :platform_before, owed - :owed_before), '0 6000 9001', 'and the rest is the platform''s') FROM ops.money_balance;
SELECT pg_temp.equal(format('%s %s', api.mitra_stats(:'satu') ->> 'charged', api.mitra_stats(:'satu') ->> 'earnings'), '15001 9001', 'the figures of a mitra tell what was charged and what was earned');

-- a refund: it counts when the money is due, not when it is paid back
UPDATE core.payment_requests SET provider = 'xendit', provider_ref = 'p' WHERE session_id = :'session';
SELECT api.request_refund(pg_temp.payment_of(:'session'), 5001, 'a gesture') ->> 'refund_status' AS status \gset
SELECT pg_temp.equal(pg_temp.earned(:'satu'), '6000 6000', 'what is due to the customer is not earned');
SELECT api.record_refund((SELECT id FROM core.refunds WHERE payment_request_id = pg_temp.payment_of(:'session')), 'succeeded') \g /dev/null
SELECT pg_temp.equal(pg_temp.earned(:'satu'), '6000 6000', 'paying it back changes nothing more');
SELECT pg_temp.equal(string_agg(amount::text, ' ' ORDER BY at), '9001 -3001', 'by a row that makes up for it') FROM core.mitra_earnings WHERE session_id = :'session';
SELECT pg_temp.equal(string_agg(why, ' | ' ORDER BY at) ~ '^kept 15001, of which 60 % is 9001; served 0 of 0 s: 9001 \| kept 10000, of which 60 % is 6000; served 0 of 0 s: 6000, and had 9001$', true, 'each rupiah is explained')
FROM ops.explain_earnings(:'satu');
SELECT pg_temp.refused(format('UPDATE core.mitra_earnings SET amount = 1 WHERE session_id = %L', :'session'), 'INVALID_STATE', 'earnings stay as they were written');

-- 0 and 100 percent, and a mitra's own share
SELECT pg_temp.set('mitra_share_percent', '0');
SELECT api.end_session(pg_temp.a_session_for(999, :'dua'), 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(pg_temp.earned(:'dua'), '0 0', 'of a share of 0 nothing is earned');
SELECT api.update_mitra(:'dua', p_mitra_share_percent => 100) ->> 'mitra_share_percent' AS own \gset
SELECT pg_temp.equal(:'own', '100', 'a mitra has a share of its own');
SELECT api.end_session(pg_temp.a_session_for(999, :'dua'), 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(pg_temp.earned(:'dua'), '999 999', 'of a share of 100 everything');
SELECT pg_temp.equal(api.update_mitra(:'dua', p_max_sessions => 2) ->> 'mitra_share_percent', '100', 'null leaves it');
SELECT pg_temp.equal(api.update_mitra(:'dua', p_mitra_share_percent => -1) ->> 'mitra_share_percent' IS NULL, true, '-1 is the general one again');
SELECT pg_temp.refused(format('SELECT api.update_mitra(%L, p_mitra_share_percent => 101)', :'dua'), 'VALIDATION_ERROR', 'a share has a range', 'mitra_share_percent');
SELECT pg_temp.refused('SELECT api.create_mitra(''A'', pg_temp.a_phone(), p_mitra_share_percent => 101)', 'VALIDATION_ERROR', 'of a new mitra, too', 'mitra_share_percent');

-- three mitras, odd rupiah: 100 s, 200 s and 33 s
SELECT pg_temp.set('mitra_share_percent', '60');
SELECT (api.mitra_earnings(:'satu') ->> 'earned')::bigint AS satu_before, (api.mitra_earnings(:'dua') ->> 'earned')::bigint AS dua_before \gset
SELECT pg_temp.a_session_for(10007, :'satu') AS long \gset
SELECT pg_temp.served(:'long', 100) \g /dev/null
SELECT pg_temp.next_mitra(:'long', :'dua') \g /dev/null
SELECT pg_temp.served(:'long', 200) \g /dev/null
SELECT pg_temp.next_mitra(:'long', :'tiga') \g /dev/null
SELECT pg_temp.served(:'long', 33) \g /dev/null
SELECT api.end_session(:'long', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(string_agg(seconds::text, ' ' ORDER BY seconds), '33 100 200', 'three served it') FROM core.session_services WHERE session_id = :'long';
SELECT pg_temp.equal(format('%s %s %s', (api.mitra_earnings(:'satu') ->> 'earned')::bigint - :satu_before, (api.mitra_earnings(:'dua') ->> 'earned')::bigint - :dua_before,
    api.mitra_earnings(:'tiga') ->> 'earned'), '1803 3606 596', 'they share 6005 by their seconds, and the last one takes the rounding');
SELECT api.request_refund(pg_temp.payment_of(:'long'), 10006) \g /dev/null
SELECT pg_temp.equal(format('%s %s %s', (api.mitra_earnings(:'satu') ->> 'earned')::bigint - :satu_before, (api.mitra_earnings(:'dua') ->> 'earned')::bigint - :dua_before,
    api.mitra_earnings(:'tiga') ->> 'earned'), '0 0 1', 'of one rupiah that is kept the last one has it all');

-- a rerouted search that comes to nothing: the last mitra is the one it was taken from
SELECT api.mitra_earnings(:'tiga') ->> 'earned' AS tiga_before \gset
SELECT pg_temp.a_session_for(10007, :'tiga') AS cut \gset
SELECT pg_temp.served(:'cut', 450) \g /dev/null
SELECT api.reroute_session(:'cut') \g /dev/null
SELECT api.cancel_session(:'cut', (SELECT customer_id FROM core.chat_sessions WHERE id = :'cut')) \g /dev/null
SELECT pg_temp.equal((api.mitra_earnings(:'tiga') ->> 'earned')::bigint - :tiga_before BETWEEN 3001 AND 3015, true, 'what a cancelled reroute keeps is shared');

-- time in which no clock ran is nobody's, however late somebody looks
SELECT pg_temp.a_session_for(10007, :'satu') AS late \gset
SELECT pg_temp.served(:'late', 600) \g /dev/null
SELECT pg_temp.next_mitra(:'late', :'dua') \g /dev/null
SELECT pg_temp.served(:'late', 3600) \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(string_agg(round(seconds, -1)::text, ' ' ORDER BY seconds), '300 600', 'two served 15 minutes, and an hour later they are settled') FROM core.session_services WHERE session_id = :'late';
SELECT api.end_session(:'late', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(string_agg(round(seconds, -1)::text, ' ' ORDER BY seconds), '300 600', 'the last words are nobody''s either') FROM core.session_services WHERE session_id = :'late';
SELECT pg_temp.a_session_for(10007, :'dua') AS prolonged \gset
SELECT pg_temp.served(:'prolonged', 3600) \g /dev/null
SELECT api.respond_to_extension(pg_temp.a_pending_extension(:'prolonged', customer_id), :'prolonged', :'dua', true) FROM core.chat_sessions WHERE id = :'prolonged' \g /dev/null
SELECT pg_temp.served(:'prolonged', 100) \g /dev/null
SELECT api.end_session(:'prolonged', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(round(seconds, -1), 1000::numeric, 'nor what passes before an extension is asked for') FROM core.session_services WHERE session_id = :'prolonged';

-- a mitra who is gone before the clock runs served nothing
SELECT pg_temp.set('pairing_before_payment', 'true');
SELECT pg_temp.a_customer() AS customer \gset
SELECT pg_temp.a_payment(:'customer') AS payment \gset
SELECT session_id AS before_payment FROM core.payment_requests WHERE id = :'payment' \gset
SELECT api.accept_offer(pg_temp.an_offer(:'before_payment', :'satu'), :'satu') \g /dev/null
SELECT pg_temp.next_mitra(:'before_payment', :'tiga') \g /dev/null
SELECT api.confirm_payment(:'payment') \g /dev/null
SELECT api.end_session(:'before_payment', 'customer', :'customer') \g /dev/null
SELECT pg_temp.equal(string_agg(mitra_id::text, ' '), :'tiga', 'the mitra with whom it began has it alone') FROM core.session_services WHERE session_id = :'before_payment';
SELECT pg_temp.equal(core.has_served(:'satu', :'customer')::text || core.has_served(:'tiga', :'customer'), 'falsetrue', 'and is the one to be asked for again');
SELECT pg_temp.set('pairing_before_payment', 'false');

-- pages
SELECT api.mitra_earnings(:'satu', p_limit => 1) AS page \gset
SELECT pg_temp.equal(jsonb_array_length(:'page'::jsonb -> 'items'), 1, 'a page');
SELECT pg_temp.equal(api.mitra_earnings(:'satu', p_cursor => :'page'::jsonb ->> 'next_cursor') -> 'items' -> 0 ->> 'id' <> :'page'::jsonb -> 'items' -> 0 ->> 'id', true, 'and the next');
SELECT pg_temp.equal(api.mitra_earnings(:'satu', clock_timestamp()) ->> 'earned', '0', 'a range');
SELECT pg_temp.refused('SELECT api.mitra_earnings(gen_random_uuid())', 'NOT_FOUND', 'of nobody');

-- a session from before there were earnings
SELECT platform AS platform_before FROM ops.money_balance \gset
SELECT pg_temp.a_session_for(500, :'satu') AS old \gset
UPDATE core.chat_sessions SET mitra_share_percent = NULL WHERE id = :'old';
SELECT api.end_session(:'old', 'cc', NULL) \g /dev/null
SELECT pg_temp.equal(platform - :platform_before, 500::numeric, 'what was kept before there were earnings is the platform''s') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'and nobody earns it') FROM core.mitra_earnings WHERE session_id = :'old';

SELECT pg_temp.equal(api.money_balance(true) - 'server_time', api.money_balance() - 'server_time', 'what is kept as money moves is what the rows say');
SELECT pg_temp.equal(string_agg(invariant || ' ' || details, '; '), NULL, 'nothing is wrong') FROM ops.invariant_violations;
SELECT pg_temp.finish();
ROLLBACK;
