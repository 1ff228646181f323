-- What people play with at /demo, and the history that is made up for charts.
\ir tap.psql
SELECT pg_temp.plan(19);

SELECT pg_temp.refused('SELECT api.seed_demo_phones()', 'INVALID_STATE', 'a database without demo data gets none of its packages');
SELECT api.seed_demo(true) \g /dev/null
SELECT api.seed_demo_phones() FROM generate_series(1, 2) \g /dev/null
SELECT pg_temp.equal(string_agg(item ->> 'name' || ' ' || (item ->> 'duration_minutes') || ' ' || (item ->> 'is_extension'), ', '), 'Coba 2 menit 2 false, Tambah 2 menit 2 true', 'a base package and an extension of two minutes, each once')
FROM jsonb_array_elements(api.packages() -> 'items') AS item WHERE (item ->> 'duration_minutes')::integer < 3;
SELECT pg_temp.ok(NOT has_function_privilege('halo_cc', 'api.seed_demo_phones()', 'EXECUTE') AND NOT has_function_privilege('halo_app', 'api.seed_demo_phones()', 'EXECUTE'), 'no program makes them');

-- the history of a day
SELECT pg_temp.refused('SELECT api.seed_demo_history(-1)', 'VALIDATION_ERROR', 'tomorrow has no history', 'days_ago');
SAVEPOINT before;
SELECT api.seed_demo_history(40, 120) AS sessions \gset
SELECT md5(string_agg(payment::text, ',' ORDER BY id)) AS payments FROM (SELECT id, status, amount, paid_at FROM core.payment_requests) AS payment \gset
ROLLBACK TO before;
SELECT pg_temp.equal(api.seed_demo_history(40, 120), :sessions::bigint, 'made up again, it is of as many sessions');
SELECT pg_temp.equal(md5(string_agg(payment::text, ',' ORDER BY id)), :'payments', 'and the same payments') FROM (SELECT id, status, amount, paid_at FROM core.payment_requests) AS payment;
SELECT pg_temp.ok(:sessions BETWEEN 60 AND 150, 'about as many sessions as customers', :'sessions');
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;
SELECT pg_temp.equal(unaccounted, 0::numeric, 'every rupiah is accounted for') FROM ops.money_balance;
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing waits for anything') FROM core.chat_sessions WHERE core.is_open(status);
SELECT pg_temp.equal((SELECT count(*) FROM core.events) + (SELECT count(*) FROM core.pushes), 0::bigint, 'nobody is told');
SELECT pg_temp.equal(count(*), 0::bigint, 'mitras stay offline') FROM core.mitra_online_status WHERE is_online;
SELECT pg_temp.ok((SELECT count(*) FROM core.chat_messages) > :sessions AND (SELECT count(*) FROM core.session_ratings) > 10 AND (SELECT count(*) FROM core.session_extensions) > 0
    AND (SELECT count(*) FROM core.mitra_status_log WHERE action = 'offline') > 5 AND (SELECT count(*) FROM core.refunds) > 0, 'messages, ratings, extensions, shifts, refunds');
SELECT pg_temp.equal(count(*), 0::bigint, 'who accepted an offer has the session, from that moment, and nobody answered before being asked')
FROM core.pairing_offers AS offer JOIN core.chat_sessions AS session ON session.id = offer.session_id
WHERE offer.settled_at NOT BETWEEN offer.offered_at AND offer.expires_at
    OR offer.status = 'accepted' AND (offer.mitra_id, offer.settled_at) IS DISTINCT FROM (session.mitra_id, session.started_at);
SELECT pg_temp.equal(count(*), 0::bigint, 'a mitra is asked while online')
FROM core.pairing_offers AS offer WHERE NOT EXISTS (
    SELECT FROM core.mitra_status_log AS entry
    WHERE entry.mitra_id = offer.mitra_id AND entry.action = 'offline' AND offer.offered_at BETWEEN entry.at - entry.duration AND entry.at);
SELECT pg_temp.equal((SELECT count(DISTINCT session_id) FROM core.mitra_earnings), (SELECT count(*) FROM core.chat_sessions AS session WHERE session.started_at IS NOT NULL AND EXISTS (
    SELECT FROM core.mitra_shares(ARRAY[session.id]) AS share WHERE share.amount > 0)), 'mitras earned by each session that kept money');
SELECT pg_temp.ok(count(*) > 20 AND bool_and(earning.at = session.ended_at AND entry.payout_id IS NULL), 'when it ended, and no payout holds it yet')
FROM core.mitra_earnings AS earning JOIN core.chat_sessions AS session ON session.id = earning.session_id JOIN core.earning_payouts AS entry ON entry.earning_id = earning.id;
SELECT pg_temp.equal(api.seed_demo_history(40, 120), 0::bigint, 'a day that has a history gets no other');
-- just after midnight nobody has come yet, but mitras are online
SELECT api.seed_demo_history(41, 0) \g /dev/null
SELECT count(*) AS entries FROM core.mitra_status_log \gset
SELECT api.seed_demo_history(41, 120) \g /dev/null
SELECT pg_temp.equal(count(*), :entries::bigint, 'nor does a day on which nobody came') FROM core.mitra_status_log;
SELECT pg_temp.finish();
ROLLBACK;
