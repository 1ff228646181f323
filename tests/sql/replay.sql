-- What yesterday would have been: the recorded searches are run again, and nothing is written.
\ir tap.psql
SELECT pg_temp.plan(29);

-- Days of demo history have searches, offers and shifts; two hundred searches need two of them.
SELECT api.seed_demo() AS seeded \gset
SELECT
    api.seed_demo_history(2, 120) AS day_2,
    api.seed_demo_history(1, 120) AS day_1 \gset
SELECT
    date_trunc('day', now()) AS until,
    date_trunc('day', now()) - interval '2 days' AS since \gset

-- How many of one run are paired, and how many offers it made, with some rules changed.
CREATE FUNCTION pg_temp.run(p_since timestamptz, p_settings jsonb, p_seed integer DEFAULT 1)
RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[count(*) FILTER (WHERE part.outcome = 'paired'), sum(part.offers)]
    FROM core.replay_part(p_since, p_since + interval '1 day', core.replay_settings(p_since)
        - 'missed_offers_before_offline' || p_settings, p_seed) AS part
$$;
CREATE FUNCTION pg_temp.asks(p_rest text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT ops.replay(%s)', p_rest)
$$;

-- what is refused
SELECT pg_temp.refused(
    pg_temp.asks('NULL, now()'), 'VALIDATION_ERROR', 'it is of a time', 'from_at');
SELECT pg_temp.refused(
    pg_temp.asks($$now(), now() - interval '1 hour'$$),
    'VALIDATION_ERROR', 'which has a length', 'to');
SELECT pg_temp.refused(
    pg_temp.asks($$now() - interval '1 hour', now() + interval '1 hour'$$),
    'VALIDATION_ERROR', 'and is over', 'to');
SELECT pg_temp.refused(
    pg_temp.asks($$now() - interval '8 days', now()$$),
    'VALIDATION_ERROR', 'at most seven days', 'from');
SELECT pg_temp.refused(
    pg_temp.asks($$now() - interval '1 day', now(), '[]'$$),
    'VALIDATION_ERROR', 'rules have names', 'settings');
SELECT pg_temp.refused(
    pg_temp.asks($$now() - interval '1 day', now(), '{"pairing_timeout_seconds": 5}'$$),
    'VALIDATION_ERROR', 'four of them', 'settings');
SELECT pg_temp.refused(
    pg_temp.asks($$now() - interval '1 day', now(), '{"blast_size": 0}'$$),
    'VALIDATION_ERROR', 'and values that they may have');
SELECT pg_temp.equal(
    ops.replay(:'until'::timestamptz - interval '1 hour', :'until') ->> 'answer', 'too few',
    'under two hundred searches there is no answer');

-- it reads, and the same seed gives the same
SELECT
    (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_xact_user_tables) AS wrote \gset
SELECT ops.replay(:'since', :'until') AS unchanged \gset
SELECT pg_temp.equal(
    sum(n_tup_ins + n_tup_upd + n_tup_del), :'wrote'::numeric, 'a replay writes nothing')
FROM pg_stat_xact_user_tables;
SELECT pg_temp.equal(
    ops.replay(:'since', :'until'), :'unchanged'::jsonb, 'the same seed gives the same');
SELECT pg_temp.ok(
    pg_temp.run(:'since', '{}', 1) <> pg_temp.run(:'since', '{}', 2), 'another seed another one');
SELECT pg_temp.equal(
    :'unchanged'::jsonb -> 'replayed', :'unchanged'::jsonb -> 'again',
    'without other rules it is the same again');
SELECT pg_temp.equal(
    (:'unchanged'::jsonb #>> '{recorded,searches}')::bigint,
    (SELECT count(*) FROM core.chat_sessions WHERE created_at BETWEEN :'since' AND :'until'),
    'every search is there');
SELECT pg_temp.equal(
    (:'unchanged'::jsonb #>> '{again,searches}')::bigint,
    (:'unchanged'::jsonb #>> '{recorded,searches}')::bigint, 'and is replayed');
SELECT pg_temp.ok(
    (:'unchanged'::jsonb #>> '{calibration,paired_percent}')::numeric > 90,
    'who was paired while mitras were free is paired again');
SELECT pg_temp.ok(
    :'unchanged'::jsonb #>> '{calibration,commoner_percent}' IS NOT NULL
    AND :'unchanged'::jsonb #> '{calibration,is_reached}' = 'false',
    'and it says how far to believe it: what was thrown by chance can not be told again');

-- other rules matter in their direction
SELECT ops.replay(:'since', :'until', '{"blast_size": 1}') AS one \gset
SELECT pg_temp.ok(
    (:'one'::jsonb #>> '{replayed,offers}')::bigint
    < (:'one'::jsonb #>> '{again,offers}')::bigint, 'smaller waves make fewer offers');
SELECT pg_temp.equal(
    :'one'::jsonb -> 'calibration', :'unchanged'::jsonb -> 'calibration',
    'beside every what-if stands the same calibration');
SELECT pg_temp.run(:'since', '{}') AS same \gset
SELECT pg_temp.ok(
    (pg_temp.run(:'since', '{"offer_timeout_seconds": 1}'))[1] < (:'same'::bigint[])[1],
    'who has a second accepts less often');

-- the outcome of a search is not read: the first one comes out the same when it is rewritten
CREATE FUNCTION pg_temp.first(p_since timestamptz) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', part.session_id, part.outcome, part.waited), ' ')
    FROM (
        SELECT * FROM core.replay_searches(p_since, p_since + interval '1 day') AS search
        WHERE search.outcome <> 'cancelled' ORDER BY search.began_at LIMIT 1
    ) AS search
    CROSS JOIN generate_series(1, 5) AS seed
    CROSS JOIN core.replay_part(p_since, search.began_at + interval '1 second',
        core.replay_settings(p_since) - 'missed_offers_before_offline', seed) AS part
    WHERE part.session_id = search.session_id
$$;
SELECT pg_temp.first(:'since') AS before \gset
SELECT split_part(:'before', ' ', 1) AS first \gset
UPDATE core.pairing_offers SET status = 'expired', settled_at = expires_at
WHERE session_id = :'first';
UPDATE core.chat_sessions SET status = 'failed', end_reason = 'not_accepted'
WHERE id = :'first';
SELECT pg_temp.equal(
    pg_temp.first(:'since'), :'before', 'what became of a search is not read to replay it');

SELECT pg_temp.equal(
    string_agg(DISTINCT given.answer, ' '), 'expired', 'nor how its own offers were answered')
FROM (
    SELECT
        known.session_id,
        array_agg(known.mitra_id) AS mitra_ids,
        array_agg(known) AS offers
    FROM core.pairing_offers AS known
    GROUP BY known.session_id
    HAVING bool_or(known.status = 'accepted')
    ORDER BY known.session_id LIMIT 1
) AS own
CROSS JOIN core.replay_answers(own.session_id, own.mitra_ids, now(), own.offers, 1) AS given;

-- in the background
SELECT pg_temp.refused(
    $$SELECT api.find_replay(gen_random_uuid())$$, 'NOT_FOUND', 'there is none');
SELECT api.request_replay(:'since', :'until', '{"blast_size": 1}') ->> 'id' AS replay \gset
SELECT pg_temp.equal(api.claim_replay(), :'replay'::uuid, 'somebody takes it');
SELECT pg_temp.equal(api.claim_replay(), NULL, 'and nobody else');
SELECT pg_temp.ok(api.make_replay(:'replay'), 'it is made part by part');
SELECT pg_temp.ok(
    (api.find_replay(:'replay') ->> 'progress_percent')::integer BETWEEN 1 AND 99,
    'and says how far it is');
SELECT pg_temp.equal(
    api.cancel_replay(:'replay') ->> 'state', 'cancelled', 'it can be cancelled');
SELECT pg_temp.equal(api.make_replay(:'replay'), false, 'and then goes no further');
SELECT pg_temp.equal(
    api.request_replay(:'until'::timestamptz - interval '1 hour', :'until', '{}') ->> 'answer',
    'too few', 'too few is answered at once');

SELECT pg_temp.finish();
ROLLBACK;
