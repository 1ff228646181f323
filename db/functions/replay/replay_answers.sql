CREATE OR REPLACE FUNCTION core.replay_answers(
    p_session_id uuid, p_mitra_ids uuid[], p_at timestamptz, p_known core.pairing_offers[],
    p_runs integer, p_seed integer)
RETURNS TABLE (
    run integer, mitra_id uuid, answer text, after interval, usual_answer text,
    usual_after interval, slowest interval)
LANGUAGE sql STABLE
AS $$
-- How each mitra answered others: the nearest in time, and the nearest accepts.
WITH answered AS (
    SELECT offer.mitra_id, offer.status, offer.settled_at - offer.offered_at AS after,
        row_number() OVER near AS place,
        row_number() OVER (
            PARTITION BY offer.mitra_id, offer.status
            ORDER BY abs(extract(epoch FROM offer.offered_at - p_at)), offer.id) AS status_place
    FROM unnest(p_known) AS offer
    WHERE offer.session_id <> p_session_id AND offer.mitra_id = ANY (p_mitra_ids)
    WINDOW near AS (
        PARTITION BY offer.mitra_id
        ORDER BY abs(extract(epoch FROM offer.offered_at - p_at)), offer.id)
),
habit AS (
    SELECT answered.mitra_id,
        array_agg(answered.status ORDER BY answered.place)
            FILTER (WHERE answered.place <= 20) AS answers,
        array_agg(answered.after ORDER BY answered.place)
            FILTER (WHERE answered.place <= 20) AS times,
        array_agg(answered.after ORDER BY answered.place)
            FILTER (WHERE answered.status = 'accepted' AND answered.status_place <= 20) AS accepts,
        max(answered.after) FILTER (WHERE answered.status = 'accepted') AS slowest
    FROM answered GROUP BY answered.mitra_id
)
-- A refusal of this search stands; otherwise one of those answers is drawn.
SELECT run.n, asked.mitra_id,
    coalesce(own.status, CASE WHEN habit.accepts IS NULL THEN 'expired' ELSE 'accepted' END),
    coalesce(own.settled_at - own.offered_at,
        habit.accepts[1 + drawn.number % cardinality(habit.accepts)]),
    coalesce(own.status, habit.answers[1 + drawn.number % cardinality(habit.answers)], 'expired'),
    coalesce(own.settled_at - own.offered_at,
        habit.times[1 + drawn.number % cardinality(habit.times)]),
    habit.slowest + interval '1 second'
FROM unnest(p_mitra_ids) AS asked (mitra_id)
CROSS JOIN generate_series(1, p_runs) AS run (n)
LEFT JOIN habit ON habit.mitra_id = asked.mitra_id
LEFT JOIN core.pairing_offers AS own
    ON own.session_id = p_session_id AND own.round = 1 AND own.mitra_id = asked.mitra_id
    AND own.status IN ('declined', 'expired')
CROSS JOIN LATERAL (
    SELECT hashtextextended(concat_ws('/', p_session_id, asked.mitra_id),
        p_seed::bigint * p_runs + run.n) & 2147483647 AS number
) AS drawn
$$;

COMMENT ON FUNCTION core.replay_answers(
    uuid, uuid[], timestamptz, core.pairing_offers[], integer, integer) IS $$
What each mitra would answer to an offer of a session, and after how long, in each of p_runs runs.
That it refused this session is an answer, and stands: it declined after so long, or let the offer
run out. Otherwise answer is to an offer that was or would have been made by the rules of that time:
an accept, after as long as one of the twenty accepts of p_known nearest to p_at. usual_answer is to
an offer that only other rules make: as to one of its twenty nearest offers of all. Without any it
is silent. slowest is its slowest accept of p_known, with a second for the ways between. An accept
of this session, or that somebody else was faster, is its outcome, and is never read.
$$;
