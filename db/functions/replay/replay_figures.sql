CREATE OR REPLACE FUNCTION core.replay_figures(
    p_outcomes text[], p_waited double precision[], p_offers bigint[])
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
WITH search AS (
    SELECT * FROM unnest(p_outcomes, p_waited, p_offers) AS search (outcome, waited, offers)
)
SELECT jsonb_build_object(
    'searches', count(*),
    'paired', count(*) FILTER (WHERE outcome = 'paired'),
    'no_mitra_available', count(*) FILTER (WHERE outcome = 'no_mitra_available'),
    'not_accepted', count(*) FILTER (WHERE outcome = 'not_accepted'),
    'cancelled', count(*) FILTER (WHERE outcome = 'cancelled'),
    'offers', coalesce(sum(offers), 0),
    'waits', coalesce((
        SELECT jsonb_object_agg(wait.bucket, wait.count) FROM (
            SELECT core.bucket(waited) AS bucket, count(*) AS count
            FROM search WHERE waited IS NOT NULL GROUP BY 1
        ) AS wait), '{}'))
FROM search
$$;

COMMENT ON FUNCTION core.replay_figures(text[], double precision[], bigint[]) IS $$
Counts searches by outcome, their offers, and their waits as a histogram (core.bucket).
$$;
