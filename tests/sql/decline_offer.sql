-- The mitra says no.
\ir tap.psql
SELECT pg_temp.plan(21);

SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_search() AS session \gset
SELECT count(*) AS offers FROM api.blast(:'session', ARRAY[:'ani', :'budi']::uuid[]) \gset
SELECT id AS of_ani FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'ani' \gset
SELECT id AS of_budi FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'budi' \gset
UPDATE core.mitra_online_status SET missed_offers = 2 WHERE mitra_id = :'ani';

SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'of_ani', :'budi'), 'NOT_FOUND', 'another mitra''s offer is not declined');
SELECT api.decline_offer(:'of_ani', :'ani') AS declined \gset
SELECT pg_temp.equal(:'declined'::jsonb ->> 'status', 'declined', 'the offer is declined');
SELECT pg_temp.ok(:'declined'::jsonb ?& '{id,session_id,status,duration_minutes,topic_sensitivity,expires_at}', 'the answer has the fields that apps rely on');
SELECT pg_temp.equal(missed_offers, 0, 'an answer of any kind ends a row of missed offers') FROM core.mitra_online_status WHERE mitra_id = :'ani';
SELECT pg_temp.equal(api.decline_offer(:'of_ani', :'ani'), :'declined'::jsonb, 'saying no twice is one no');
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'of_ani';
SELECT pg_temp.equal(api.decline_offer(:'of_ani', :'ani') ->> 'status', 'declined', 'also after its time');
SELECT pg_temp.equal(status, 'pending_acceptance', 'the wave goes on') FROM core.chat_sessions WHERE id = :'session';

SELECT api.accept_offer(:'of_budi', :'budi') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'of_budi', :'budi'), 'INVALID_STATE', 'what one accepted one does not decline');
SELECT pg_temp.equal(status, 'active', 'and the session runs on') FROM core.chat_sessions WHERE id = :'session';

SELECT pg_temp.a_search() AS session \gset
SELECT count(*) AS offers FROM api.blast(:'session', ARRAY[:'ani', :'budi']::uuid[]) \gset
SELECT id AS of_ani FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'ani' \gset
SELECT id AS of_budi FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'budi' \gset
SELECT api.accept_offer(:'of_budi', :'budi') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'of_ani', :'ani'), 'OFFER_TAKEN', 'what another won is not declined');

SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'ani') AS offer \gset
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'offer';
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'ani'), 'OFFER_EXPIRED', 'at its deadline an offer is not declined any more');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'ani'), 'OFFER_EXPIRED', 'nor once it is swept');

SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'ani') AS offer \gset
SELECT api.cancel_session(id, customer_id) FROM core.chat_sessions WHERE id = :'session' \g /dev/null
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'ani'), 'OFFER_GONE', 'a cancelled offer is gone');

-- an offline or full mitra may still say no
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS citra \gset
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'citra') AS offer \gset
SELECT pg_temp.a_session(:'citra') \g /dev/null
SELECT api.go_offline(:'citra') \g /dev/null
SELECT pg_temp.equal(api.decline_offer(:'offer', :'citra') ->> 'status', 'declined', 'an offline and full mitra may say no');
SELECT pg_temp.equal(status, 'searching', 'which ends the wave when it was the last') FROM core.chat_sessions WHERE id = :'session';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'declined', 'and its withdrawal finds it answered') FROM core.pairing_offers WHERE id = :'offer';

-- a deactivated mitra answers nothing any more, again or otherwise
SELECT pg_temp.a_mitra() AS dewi, pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'dewi') AS won \gset
SELECT api.accept_offer(:'won', :'dewi') \g /dev/null
SELECT api.deactivate_mitra(:'dewi'), api.deactivate_mitra(:'citra') \g /dev/null
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'citra'), 'MITRA_DEACTIVATED', 'a deactivated mitra''s repeated no is refused');
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'won', :'dewi'), 'MITRA_DEACTIVATED', 'so is its no to what it accepted');
SELECT pg_temp.a_mitra() AS gone, pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'gone') AS offer \gset
SELECT api.deactivate_mitra(:'gone'), pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(status, 'cancelled', 'its offers are withdrawn') FROM core.pairing_offers WHERE id = :'offer';
SELECT pg_temp.refused(format('SELECT api.decline_offer(%L, %L)', :'offer', :'gone'), 'MITRA_DEACTIVATED', 'and its no to one of them is refused like every command');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
