-- What yesterday would have been: the recorded searches are run again, and nothing is written.
\ir tap.psql
SELECT pg_temp.plan(41);

-- Days of demo history have searches, offers and shifts; two hundred searches need two of them.
-- The days have dates, because each date has a history of its own, and some have few searches.
SELECT api.seed_demo() AS seeded \gset
SELECT
    timestamptz '2026-09-17 00:00Z' AS until,
    timestamptz '2026-09-15 00:00Z' AS since,
    (now() AT TIME ZONE 'UTC')::date - date '2026-09-15' AS days_ago \gset
SELECT
    api.seed_demo_history(:days_ago, 240) AS day_1,
    api.seed_demo_history(:days_ago - 1, 240) AS day_2 \gset

-- How many of one run are paired, and how many offers it made, with some rules changed.
CREATE FUNCTION pg_temp.run(p_since timestamptz, p_settings jsonb, p_seed integer DEFAULT 1)
RETURNS bigint[] LANGUAGE sql AS $$
    SELECT ARRAY[count(*) FILTER (WHERE part.outcome = 'paired'), sum(part.offers)]
    FROM core.replay_part(p_since, p_since + interval '1 day', core.replay_settings(p_since),
        p_settings, 1, p_seed) AS part
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
    EXISTS (
        SELECT FROM generate_series(2, 11) AS seed
        WHERE ops.replay(:'since', :'until', '{}', seed) -> 'again' <> :'unchanged'::jsonb -> 'again'),
    'some other seed gives another one');
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
SELECT pg_temp.equal(
    (:'unchanged'::jsonb -> 'calibration') - ARRAY['paired', 'failed', 'paired_percent',
        'failed_percent', 'percent', 'commoner_percent', 'is_reached'],
    '{}', 'and it says how far to believe it');
SELECT pg_temp.equal(
    array_agg(
        core.replay_report(jsonb_build_object('judged', judged)) #>> '{calibration,is_reached}'
        ORDER BY judged.paired, judged.paired_hits, judged.failed_hits),
    ARRAY['false', 'true', 'false', 'true', 'false'],
    'which is far enough with 95 of a hundred of each, and more than always the commoner')
FROM (VALUES
    (0, 0, 0, 0), (95, 93, 5, 5), (100, 94, 100, 100), (100, 95, 100, 95), (100, 100, 100, 94)
) AS judged (paired, paired_hits, failed, failed_hits);

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

-- A small world, days before: one mitra, who says yes after two seconds, and has long sessions in
-- two of three slots. A search while all are taken fails; so does a search that she refused, or
-- whose rival was faster.
SELECT api.create_mitra('Replayed', '+6281777000111') ->> 'id' AS mitra \gset
SELECT
    :'until'::timestamptz - interval '4 days' AS noon,
    gen_random_uuid() AS first,
    gen_random_uuid() AS second,
    gen_random_uuid() AS refused,
    gen_random_uuid() AS slower,
    gen_random_uuid() AS faster \gset
INSERT INTO core.mitra_status_log (mitra_id, action, cause, at)
SELECT :'mitra', entry.action, 'mitra', :'noon'::timestamptz + entry.at
FROM (VALUES ('online', interval '-3 hours'), ('offline', interval '8 hours')) AS entry (action, at);
CREATE FUNCTION pg_temp.recorded(
    p_id uuid, p_at timestamptz, p_mitra uuid, p_answer text, p_after interval,
    p_held interval DEFAULT '1 minute') RETURNS void LANGUAGE sql AS $$
    WITH customer AS (INSERT INTO core.customers DEFAULT VALUES RETURNING id)
    INSERT INTO core.chat_sessions (id, customer_id, mitra_id, status, duration_minutes, created_at,
        started_at, expires_at, ended_at, end_reason)
    SELECT p_id, customer.id, CASE WHEN is_paired THEN p_mitra END,
        CASE WHEN is_paired THEN 'completed' ELSE 'failed' END, 60, p_at,
        CASE WHEN is_paired THEN p_at + p_after END,
        CASE WHEN is_paired THEN p_at + p_after + p_held END,
        p_at + CASE WHEN is_paired THEN p_after + p_held ELSE '120 seconds' END,
        CASE WHEN is_paired THEN 'expired' WHEN p_answer IS NULL THEN 'no_mitra_available'
            ELSE 'not_accepted' END
    FROM customer, coalesce(p_answer = 'accepted', false) AS is_paired;
    INSERT INTO core.pairing_offers (
        session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
    SELECT p_id, p_mitra, 1, 1, p_answer, p_at, p_at + interval '30 seconds', p_at + p_after
    WHERE p_answer IS NOT NULL
$$;
SELECT
    pg_temp.recorded(gen_random_uuid(), :'noon'::timestamptz - n * interval '1 minute', :'mitra',
        'accepted', '2 seconds', '50 seconds') AS habit
FROM generate_series(7, 30) AS n \g /dev/null
SELECT
    pg_temp.recorded(gen_random_uuid(), :'noon'::timestamptz - interval '5 minutes', :'mitra',
        'accepted', '2 seconds', held) AS long
FROM unnest(ARRAY['1 hour', '6 hours', '6 hours']::interval[]) AS held \g /dev/null
SELECT
    pg_temp.recorded(:'first', :'noon', :'mitra', NULL, NULL) AS first_of_two,
    pg_temp.recorded(:'second', :'noon'::timestamptz + interval '5 seconds', :'mitra', NULL, NULL)
        AS second_of_two,
    pg_temp.recorded(:'refused', :'noon'::timestamptz + interval '7 hours', :'mitra', 'declined',
        '3 seconds') AS by_no,
    pg_temp.recorded(gen_random_uuid(), :'noon'::timestamptz + interval '90 minutes', :'mitra',
        'accepted', '3 seconds', '50 seconds') AS slowest_habit,
    pg_temp.recorded(:'slower', :'noon'::timestamptz + interval '2 hours', :'mitra', 'cancelled',
        '2.7 seconds') AS by_rival,
    pg_temp.recorded(:'faster', :'noon'::timestamptz + interval '2 hours 0.5 seconds', :'mitra',
        'accepted', '2.1 seconds', '1 hour') AS by_accept \g /dev/null
CREATE FUNCTION pg_temp.replayed(
    p_noon timestamptz, p_session_id uuid, p_settings jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT concat_ws(' ', part.outcome, part.waited), ', ')
    FROM core.replay_part(p_noon, p_noon + interval '8 hours', core.replay_settings(p_noon),
        p_settings, 5, 1) AS part
    WHERE part.session_id = p_session_id
$$;
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'first'), 'no_mitra_available', 'a slot that others take is taken again');
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'refused'), 'not_accepted', 'who refused a search refuses it again');
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'slower'), 'not_accepted',
    'a slot that a rival took before the slowest accept is lost again');
SELECT pg_temp.ok(
    pg_temp.replayed(:'noon', :'faster') SIMILAR TO 'paired [23](, paired 3)?',
    'and free to the rival, whose accept is drawn from those of others');

-- capacity given to one is not given to another
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'first', '{"mitra_max_sessions": 4}'), 'paired 2',
    'with one more slot the first of two is paired');
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'second', '{"mitra_max_sessions": 4}'), 'no_mitra_available',
    'which the second then does not find');
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'second', '{"mitra_max_sessions": 5}'), 'paired 2', 'but with two more');
SELECT core.replay_counts(:'noon', :'noon'::timestamptz + interval '1 second',
    '{"mitra_max_sessions": 4}', 1) AS part \gset
SELECT core.replay_counts(:'noon'::timestamptz + interval '1 second',
    :'noon'::timestamptz + interval '1 minute', '{"mitra_max_sessions": 4}', 1, :'part') AS parts \gset
SELECT pg_temp.equal(
    array[:'part'::jsonb #>> '{replayed,paired}', :'parts'::jsonb #>> '{replayed,paired}',
        :'parts'::jsonb #>> '{replayed,no_mitra_available}'],
    array['3', '3', '3'], 'not even in the next part of a replay, in any of its three runs');

-- whom only the other rules ask answers as usual, which may be no
SELECT
    pg_temp.recorded(gen_random_uuid(), :'noon'::timestamptz + n * interval '10 seconds', :'mitra',
        'declined', '1 second') AS moody
FROM generate_series(1, 20) AS n \g /dev/null
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'first', '{"mitra_max_sessions": 4}'), 'not_accepted',
    'whom only the other rules ask answers as she lately did');

-- another rule for missed offers ends a shift earlier, or later
SELECT
    api.create_mitra('Silent', '+6281777000112') ->> 'id' AS silent,
    :'noon'::timestamptz + interval '12 hours' AS night \gset
INSERT INTO core.mitra_status_log (mitra_id, action, cause, at)
SELECT :'silent', entry.action, entry.cause, :'night'::timestamptz + entry.at
FROM (VALUES
    ('online', 'mitra', interval '-1 hour'),
    ('offline', 'missed_offers', interval '30 minutes')) AS entry (action, cause, at);
SELECT
    pg_temp.recorded(gen_random_uuid(), :'night'::timestamptz + n * interval '10 minutes'
        - interval '30 seconds', :'silent', 'expired', '30 seconds') AS missed
FROM generate_series(1, 3) AS n \g /dev/null
SELECT pg_temp.equal(
    array_agg(span.ended_at - :'night' ORDER BY span.ended_at),
    ARRAY['10 minutes', '20 minutes', '30 minutes', '50.5 minutes']::interval[],
    'by how many offers may be missed')
FROM generate_series(1, 7) AS missed
CROSS JOIN
    core.replay_shifts(:'night', :'night'::timestamptz + interval '1 hour', missed, 3) AS shifts
CROSS JOIN unnest(shifts) AS span
WHERE span.mitra_id = :'silent' AND missed NOT IN (4, 5, 7);

-- the outcome of a search is not read: it comes out the same when it is rewritten
SELECT pg_temp.replayed(:'noon', :'faster') AS before \gset
DELETE FROM core.pairing_offers WHERE session_id = :'faster';
UPDATE core.chat_sessions
SET status = 'failed', end_reason = 'no_mitra_available', mitra_id = NULL, started_at = NULL,
    expires_at = NULL
WHERE id = :'faster';
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'faster'), :'before', 'an accept that is gone is not missed');
INSERT INTO core.pairing_offers (
    session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
VALUES (:'first', :'mitra', 1, 1, 'accepted', :'noon', :'noon', :'noon');
UPDATE core.chat_sessions
SET status = 'completed', end_reason = 'expired', mitra_id = :'mitra', started_at = :'noon',
    expires_at = :'noon'
WHERE id = :'first';
SELECT pg_temp.equal(
    pg_temp.replayed(:'noon', :'first'), 'no_mitra_available', 'nor is one found that was added');

SELECT pg_temp.equal(
    string_agg(DISTINCT given.answer, ' '), 'expired',
    'nor are its own offers among the habits of its mitras')
FROM (
    SELECT
        known.session_id,
        array_agg(known.mitra_id) AS mitra_ids,
        array_agg(known) AS offers
    FROM core.pairing_offers AS known
    WHERE known.status = 'accepted'
    GROUP BY known.session_id
    ORDER BY known.session_id LIMIT 1
) AS own
CROSS JOIN
    core.replay_answers(own.session_id, own.mitra_ids, now(), own.offers, 1, 1) AS given;

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
