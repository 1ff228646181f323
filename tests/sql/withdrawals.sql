-- The live offers of a mitra that went offline, was deactivated or became full are taken back at once, as deadline work.
\ir tap.psql
SELECT pg_temp.plan(22);

-- offline
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_mitra() AS other, pg_temp.a_search() AS shared, pg_temp.a_search() AS alone \gset
SELECT count(*) AS offers FROM api.blast(:'shared', ARRAY[:'mitra', :'other']::uuid[]) \gset
SELECT id AS of_mitra FROM core.pairing_offers WHERE session_id = :'shared' AND mitra_id = :'mitra' \gset
SELECT pg_temp.an_offer(:'alone', :'mitra') AS of_alone \gset
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.ok(api.next_deadline() <= clock_timestamp(), 'going offline is due work at once');
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'of_mitra', :'mitra'), 'NOT_ONLINE', 'until then an offline mitra is refused');
SELECT pg_temp.seq('mitra', :'mitra') AS seq \gset
SELECT pg_temp.equal(array_agg(kind || ' ' || id ORDER BY id), (SELECT array_agg('withdrawal ' || id ORDER BY id) FROM unnest(ARRAY[:'of_mitra', :'of_alone']::uuid[]) AS id), 'run_due withdraws all its live offers') FROM api.run_due();
SELECT pg_temp.equal(string_agg(status, ' '), 'cancelled cancelled', 'which are cancelled') FROM core.pairing_offers WHERE mitra_id = :'mitra';
SELECT pg_temp.equal(pg_temp.told('mitra', :'mitra', :seq), 'offer_cancelled offer_cancelled', 'the mitra is told');
SELECT pg_temp.equal(status, 'pending_acceptance', 'a wave with another live offer goes on') FROM core.chat_sessions WHERE id = :'shared';
SELECT pg_temp.equal(status, 'searching', 'a wave without one is over') FROM core.chat_sessions WHERE id = :'alone';
SELECT pg_temp.refused(format('SELECT api.accept_offer(%L, %L)', :'of_mitra', :'mitra'), 'OFFER_GONE', 'what was withdrawn is gone');
SELECT pg_temp.equal(count(*), 0::bigint, 'nothing is left to do') FROM api.run_due();
SELECT pg_temp.equal(missed_offers, 0, 'and nothing was missed') FROM core.mitra_online_status WHERE mitra_id = :'mitra';

-- offline and back before the listener came
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_search() AS before, pg_temp.a_search() AS after \gset
SELECT pg_temp.an_offer(:'before', :'mitra') AS offer_before \gset
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT api.go_online(:'mitra') \g /dev/null
SELECT pg_temp.an_offer(:'after', :'mitra') AS offer_after \gset
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer_before') || ' ' || (SELECT status FROM core.pairing_offers WHERE id = :'offer_after'), 'cancelled offered',
    'offers made before it went offline go, those made since stay');

-- full
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS mitra, pg_temp.a_search() AS first, pg_temp.a_search() AS second \gset
SELECT pg_temp.an_offer(:'first', :'mitra') AS offer_first, pg_temp.an_offer(:'second', :'mitra') AS offer_second \gset
SELECT api.accept_offer(:'offer_first', :'mitra') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer_second'), 'cancelled', 'a mitra that became full loses its other offers');

-- full, and free again before the listener came
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS mitra, pg_temp.a_search() AS first, pg_temp.a_search() AS second \gset
SELECT pg_temp.an_offer(:'first', :'mitra') AS offer_first, pg_temp.an_offer(:'second', :'mitra') AS offer_second \gset
SELECT api.accept_offer(:'offer_first', :'mitra') \g /dev/null
SELECT api.end_session(:'first', 'mitra', :'mitra') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer_second'), 'offered', 'one that has a free slot again keeps them');
SELECT pg_temp.equal(api.accept_offer(:'offer_second', :'mitra') ->> 'status', 'active', 'and may accept');

-- a lowered maximum makes full too
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_session(:'mitra') AS session, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS offer \gset
UPDATE core.mitras SET max_sessions = 1 WHERE id = :'mitra';
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer'), 'cancelled', 'a maximum of its own that is lowered withdraws what is too much');

SELECT pg_temp.a_mitra() AS mitra \gset
SELECT pg_temp.a_session(:'mitra') AS session, pg_temp.an_offer(pg_temp.a_search(), :'mitra') AS offer \gset
SELECT pg_temp.a_mitra(p_max_sessions => 2) AS own \gset
SELECT pg_temp.a_session(:'own') AS session, pg_temp.an_offer(pg_temp.a_search(), :'own') AS own_offer \gset
SELECT pg_temp.set('mitra_max_sessions', '1');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer'), 'cancelled', 'a general maximum that is lowered does too');
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'own_offer'), 'offered', 'but not from a mitra with its own');
SELECT pg_temp.set('mitra_max_sessions', '3');

-- nothing to withdraw
SELECT pg_temp.a_mitra() AS mitra \gset
SELECT api.go_offline(:'mitra') \g /dev/null
SELECT pg_temp.equal(count(*), 0::bigint, 'a mitra without offers leaves no work') FROM core.mitra_withdrawals WHERE mitra_id = :'mitra';

-- deactivated
SELECT pg_temp.a_mitra() AS mitra, pg_temp.a_search() AS session \gset
SELECT pg_temp.an_offer(:'session', :'mitra') AS offer \gset
SELECT api.deactivate_mitra(:'mitra') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal((SELECT status FROM core.pairing_offers WHERE id = :'offer'), 'cancelled', 'a deactivated mitra loses its offers');
SELECT pg_temp.equal(count(*), 1::bigint, 'and the session waits for another mitra') FROM api.unoffered_sessions(100000) WHERE session_id = :'session';
SELECT pg_temp.equal(barred, ARRAY[:'mitra']::uuid[], 'in this round not for that one') FROM api.unoffered_sessions(100000) WHERE session_id = :'session';
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
