-- Why a session was paired or not, and why a mitra is or is not available, in words.
\ir tap.psql
SELECT pg_temp.plan(60);

-- What ops.explain_pairing says of one mitra in one wave (null: outside the waves); times are left out.
CREATE FUNCTION pg_temp.why(p_session_id uuid, p_mitra_id uuid, p_wave integer, p_round integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(': ', verdict, regexp_replace(reason, '[0-9.:]+ s\M', '…', 'g')), ', ')
    FROM ops.explain_pairing(p_session_id)
    WHERE round = p_round AND mitra_id IS NOT DISTINCT FROM p_mitra_id AND wave IS NOT DISTINCT FROM p_wave
$$;
CREATE FUNCTION pg_temp.is_available(p_mitra_id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(what || ' ' || holds, ', ' ORDER BY place) FROM ops.explain_mitra(p_mitra_id) WITH ORDINALITY AS row (topic, what, value, holds, at, place)
    WHERE topic IN ('condition', 'so')
$$;
CREATE FUNCTION pg_temp.said(p_mitra_id uuid, p_topic text, p_what text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(value, ', ') FROM ops.explain_mitra(p_mitra_id) WHERE topic = p_topic AND what = p_what
$$;

SELECT pg_temp.equal(count(*), 0::bigint, 'of an unknown session nothing is said') FROM ops.explain_pairing(gen_random_uuid());
SELECT pg_temp.equal(count(*), 0::bigint, 'nor of an unknown mitra') FROM ops.explain_mitra(gen_random_uuid());

-- while it searches, every mitra as the next wave would find it
SELECT pg_temp.set('blast_size', '2');
UPDATE core.mitra_online_status SET is_online = false WHERE is_online;
SELECT pg_temp.a_mitra() AS ani, pg_temp.a_mitra() AS budi, pg_temp.a_mitra() AS citra, pg_temp.a_mitra(false) AS offline,
    pg_temp.a_mitra() AS inactive, pg_temp.a_mitra(p_max_sessions => 1) AS full, pg_temp.a_mitra() AS stale, pg_temp.a_mitra() AS silent \gset
SELECT api.deactivate_mitra(:'inactive') \g /dev/null
SELECT pg_temp.a_session(:'full') \g /dev/null
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '5 minutes' WHERE mitra_id = :'stale';
UPDATE core.mitra_online_status SET last_heartbeat_at = NULL WHERE mitra_id = :'silent';
SELECT pg_temp.a_search() AS session \gset
SELECT pg_temp.equal(pg_temp.why(:'session', NULL, NULL), 'still searching, for another …; waves: 0, offers: 0', 'a search begins with a row about itself');
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 1), 'in: would be offered next, as number 1', 'who waits longest would be next');
SELECT pg_temp.equal(pg_temp.why(:'session', :'budi', 1), 'in: would be offered next, as number 2', 'then who came after');
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 1), 'out: available, but number 3 for a wave of 2', 'a wave has its size');
SELECT pg_temp.equal(pg_temp.why(:'session', :'offline', 1), 'out: offline', 'offline');
SELECT pg_temp.equal(pg_temp.why(:'session', :'inactive', 1), 'out: deactivated', 'deactivated');
SELECT pg_temp.equal(pg_temp.why(:'session', :'full', 1), 'out: no free slot: 1 of 1', 'full, with how many');
SELECT pg_temp.equal(pg_temp.why(:'session', :'stale', 1), 'out: heartbeat 00:05:00 old, older than 00:02:30', 'a stale heartbeat, with how old and how old it may be');
SELECT pg_temp.equal(pg_temp.why(:'session', :'silent', 1), 'out: no heartbeat yet', 'or none');
SELECT pg_temp.equal(array_agg(mitra_id), ARRAY[:'ani', :'budi']::uuid[], 'and so it is done') FROM api.blast(:'session');

-- a wave: its offers, and whom it left out when it judged them under lock
SELECT pg_temp.a_search() AS session \gset
SELECT count(*) FROM api.blast(:'session', ARRAY[:'offline', :'inactive', :'full', :'ani', :'budi', :'citra', :'ani', gen_random_uuid()::text]::uuid[]) \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', NULL, NULL), 'still searching, for another …; waves: 1, offers: 2', 'its waves and offers are counted');
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 1), 'in: offered; may answer for …', 'who was offered it may answer');
SELECT pg_temp.equal(pg_temp.why(:'session', :'offline', 1), 'out: offline', 'the offline was refused');
SELECT pg_temp.equal(pg_temp.why(:'session', :'inactive', 1), 'out: deactivated', 'the deactivated too');
SELECT pg_temp.equal(pg_temp.why(:'session', :'full', 1), 'out: no free slot', 'the full too');
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 1), 'out: the wave was full before its turn came', 'who came after the wave was full has no offer');
SELECT pg_temp.equal(pg_temp.why(:'session', :'stale', 1), NULL, 'whom nobody named is not in the wave');
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 2), 'out: offered to in this round already', 'the next wave has nobody twice');
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 2), 'in: would be offered next, as number 1', 'but who was too late for this one');
SELECT id AS of_ani FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'ani' \gset
SELECT id AS of_budi FROM core.pairing_offers WHERE session_id = :'session' AND mitra_id = :'budi' \gset
SELECT api.decline_offer(:'of_ani', :'ani') \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 1), 'in: offered; declined after …', 'declined, after how long');
UPDATE core.pairing_offers SET expires_at = clock_timestamp() WHERE id = :'of_budi';
SELECT pg_temp.equal(pg_temp.why(:'session', :'budi', 1), 'in: offered; did not answer in time', 'silent past its time, though not yet swept');
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'budi', 1), 'in: offered; did not answer in …', 'silent');

-- a wave that nobody may have is asked for again each second, and remembered once
SELECT count(*) FROM api.blast(:'session', ARRAY[:'ani', :'full']::uuid[]) \g /dev/null
SELECT at AS first, xmin AS written FROM core.pairing_waves WHERE session_id = :'session' AND wave = 2 \gset
SELECT count(*) FROM api.blast(:'session', ARRAY[:'ani', :'full']::uuid[]) \g /dev/null
SELECT pg_temp.equal(at, :'first'::timestamptz, 'the same refusals again write nothing') FROM core.pairing_waves WHERE session_id = :'session' AND wave = 2;
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 2), 'out: offered to in this round already, out: offered to in this round already', 'refused then, as it would be now');
SELECT count(*) FROM api.blast(:'session', ARRAY[:'offline']::uuid[]) \g /dev/null
SELECT pg_temp.equal(left_out, ARRAY[:'offline']::uuid[], 'other refusals replace them') FROM core.pairing_waves WHERE session_id = :'session' AND wave = 2;

-- another was faster; nobody came
SELECT offer_id AS of_citra FROM api.blast(:'session', ARRAY[:'stale', :'citra']::uuid[]) WHERE mitra_id = :'citra' \gset
SELECT api.accept_offer(:'of_citra', :'citra') \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 2), 'in: offered; accepted after …', 'accepted, after how long');
SELECT pg_temp.equal(pg_temp.why(:'session', :'stale', 2), 'in: offered; another mitra accepted first', 'another was faster');
SELECT pg_temp.equal(pg_temp.why(:'session', NULL, NULL), 'in: accepted after …; waves: 2, offers: 4', 'the round is over');
SELECT pg_temp.equal(pg_temp.why(:'session', :'silent', NULL), 'out: online with a free slot, yet in no wave: others came first, its heartbeat was stale, or no listener was asking', 'who was online and never named');
SELECT pg_temp.equal(pg_temp.why(:'session', :'silent', 3), NULL, 'nobody would be next any more');

-- taken from its mitra
SELECT api.reroute_session(:'session') \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 1, 2), 'out: excluded since a reroute', 'whom it was taken from is excluded');
SELECT pg_temp.equal(pg_temp.why(:'session', :'budi', 1, 2), 'in: would be offered next, as number 2', 'who did not answer in the first round may have it in the second');
SELECT count(*) FROM api.blast(:'session', ARRAY[:'citra', :'ani']::uuid[]) \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'citra', 1, 2), 'out: excluded since a reroute', 'also when a listener names it');
SELECT pg_temp.a_mitra() AS late \gset
SELECT api.go_offline(:'ani', 'dba') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'ani', 1, 2), 'in: offered; withdrawn, because the mitra went offline: dba', 'withdrawn, and why');
SELECT customer_id AS customer FROM core.chat_sessions WHERE id = :'session' \gset
SELECT count(*) FROM api.blast(:'session', ARRAY[:'budi']::uuid[]) \g /dev/null
SELECT api.cancel_session(:'session', :'customer') \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'budi', 2, 2), 'in: offered; withdrawn, because the search ended: cancelled_by_customer', 'withdrawn with the search');
SELECT pg_temp.equal(pg_temp.why(:'session', NULL, NULL, 2), 'out: cancelled_by_customer after …; waves: 2, offers: 2', 'a round that came to nothing');
SELECT pg_temp.equal(pg_temp.why(:'session', :'late', NULL, 2), 'out: came online … into the round, and was in no wave', 'who came late');
SELECT pg_temp.equal(pg_temp.why(:'session', :'full', NULL, 2), 'out: no free slot as the round began: 1 of 1', 'who was full all the time');
SELECT api.update_mitra(:'full', p_max_sessions => 9) \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'session', :'full', NULL, 2), 'out: no free slot as the round began: 1 of 1', 'a maximum of today does not change what was');
SELECT api.update_mitra(:'full', p_max_sessions => 0) \g /dev/null
SELECT pg_temp.set('mitra_max_sessions', '1');
SELECT pg_temp.equal(pg_temp.why(:'session', :'full', NULL, 2), 'out: no free slot as the round began: 1 of 1', 'nor does the general maximum of today');
SELECT pg_temp.equal(core.max_sessions_at(mitra::core.mitras, clock_timestamp()), 1, 'which is that of a mitra without its own') FROM core.mitras AS mitra WHERE id = :'full';
SELECT pg_temp.equal(core.max_sessions_at(mitra::core.mitras, '-infinity'), 1, 'once it had its own') FROM core.mitras AS mitra WHERE id = :'full';
SELECT pg_temp.equal(core.config_value_at('mitra_max_sessions', '-infinity'), '3', 'and the general maximum was another') ;
SELECT pg_temp.equal(array_agg(concat_ws('.', round, wave) ORDER BY place), array_agg(concat_ws('.', round, wave) ORDER BY round, wave NULLS FIRST), 'rounds and waves are in order')
FROM ops.explain_pairing(:'session') WITH ORDINALITY AS row (round, wave, mitra_id, display_name, verdict, reason, at, place);

-- withdrawn because the mitra became full, or was deactivated
SELECT pg_temp.a_mitra(p_max_sessions => 1) AS busy, pg_temp.a_mitra() AS gone \gset
SELECT pg_temp.a_search() AS one, pg_temp.a_search() AS two \gset
SELECT pg_temp.an_offer(:'one', :'busy') AS offer \gset
SELECT count(*) FROM api.blast(:'two', ARRAY[:'busy', :'gone']::uuid[]) \g /dev/null
SELECT api.accept_offer(:'offer', :'busy') \g /dev/null
SELECT api.deactivate_mitra(:'gone') \g /dev/null
SELECT pg_temp.settle() \g /dev/null
SELECT pg_temp.equal(pg_temp.why(:'two', :'busy', 1), 'in: offered; withdrawn, because the mitra had no free slot left', 'withdrawn from who became full');
SELECT pg_temp.equal(pg_temp.why(:'two', :'gone', 1), 'in: offered; withdrawn, because the mitra went out of service', 'and from the deactivated');

-- explain_mitra
SELECT pg_temp.equal(pg_temp.is_available(:'silent'), 'active true, online true, fresh heartbeat false, free slot true, reachable false, available false', 'each condition, and what follows');
SELECT pg_temp.equal(pg_temp.is_available(:'busy'), 'active true, online true, fresh heartbeat true, free slot false, reachable true, available false', 'reachable, but full');
SELECT pg_temp.equal(pg_temp.is_available(:'gone'), 'active false, online false, fresh heartbeat true, free slot true, reachable false, available false', 'deactivated');
SELECT pg_temp.equal(pg_temp.is_available(:'late'), 'active true, online true, fresh heartbeat true, free slot true, reachable true, available true', 'available');
SELECT pg_temp.equal(pg_temp.said(:'busy', 'condition', 'free slot'), '1 of 1 taken', 'with their values');
UPDATE core.mitra_online_status SET last_heartbeat_at = clock_timestamp() - interval '5 minutes' WHERE mitra_id = :'stale';
SELECT pg_temp.equal(pg_temp.said(:'stale', 'condition', 'fresh heartbeat'), '00:05:00 old; fresh in PostgreSQL below 00:02:30, in Valkey below 90.0 s', 'the heartbeat with both limits');
SELECT pg_temp.equal(pg_temp.said(:'busy', 'slot', :'one'), 'active, 900 s left', 'the sessions that hold its slots');
SELECT count(*) FROM api.blast(:'two', ARRAY[:'gone', :'late']::uuid[]) \g /dev/null
SELECT pg_temp.ok(pg_temp.said(:'late', 'offer', :'two') LIKE 'offered; may answer for %', 'its live offers');
UPDATE core.mitra_online_status SET missed_offers = 2 WHERE mitra_id = :'late';
SELECT pg_temp.equal(pg_temp.said(:'late', 'missed offers', 'in a row'), '2, offline at 3', 'what it missed, and when that has an end');
SELECT pg_temp.equal(string_agg(what || ' ' || split_part(value, ',', 1), ', ' ORDER BY place), 'deactivate control_centre, offline deactivated, online mitra, activate created', 'its last changes, newest first, with their causes')
FROM ops.explain_mitra(:'gone') WITH ORDINALITY AS row (topic, what, value, holds, at, place) WHERE topic = 'change';

-- what has served its time
UPDATE core.pairing_waves SET at = clock_timestamp() - interval '31 days' WHERE session_id = :'session';
SELECT api.prune(part, 10000) FROM api.prune_parts() AS part \g /dev/null
SELECT pg_temp.equal(array_agg(session_id), ARRAY[:'two'::uuid], 'after 30 days nobody asks whom a wave left out') FROM core.pairing_waves;
SELECT pg_temp.equal(count(*), 0::bigint, 'no invariant is violated') FROM ops.invariant_violations;

SELECT pg_temp.finish();
ROLLBACK;
