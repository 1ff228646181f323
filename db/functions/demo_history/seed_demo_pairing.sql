CREATE OR REPLACE FUNCTION core.seed_demo_pairing(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH shift AS MATERIALIZED (
        SELECT * FROM core.demo_shifts(p_day, p_seed) AS shift WHERE shift.began_at < p_until
    ),
    search AS MATERIALIZED (
        SELECT * FROM core.demo_searches(p_day, p_until, p_seed, p_customers)
    ),
    -- The mitra who accepts is in the last wave, and up to five others are in this one or before.
    -- When nobody accepts, all who are online were asked, by tens.
    asked AS (
        SELECT search.*, candidate.mitra_id AS asked_id, candidate.chance,
            search.fate = 'started' AND candidate.mitra_id = search.mitra_id AS has_won,
            CASE WHEN search.fate = 'not_accepted' THEN ceil(candidate.place / 10.0)::integer
                WHEN candidate.place = 2 OR candidate.place > 2 AND candidate.chance >= 0.5
                THEN 1 ELSE search.waves END AS wave
        FROM search
        CROSS JOIN LATERAL (
            SELECT online.mitra_id,
                core.demo_chance(search.key || online.mitra_id || 'answer') AS chance,
                row_number() OVER (
                    ORDER BY core.demo_chance(search.key || online.mitra_id)) AS place
            FROM shift AS online
            WHERE CASE WHEN search.fate = 'not_accepted'
                THEN online.began_at <= search.paid_at AND online.ended_at > search.paid_at
                ELSE search.asked_at BETWEEN online.began_at
                    AND online.ended_at - interval '5 minutes' END
            ORDER BY place
            LIMIT CASE WHEN search.fate = 'not_accepted' THEN 40
                ELSE search.waves + floor(6 * core.demo_chance(search.key || 'offers')) END
        ) AS candidate
        WHERE search.session_id IS NOT NULL
    ),
    answered AS (
        SELECT asked.*, wave.at AS offered_at, wave.is_last,
            wave.at + (2 + 26 * asked.chance) * interval '1 second' AS answered_at
        FROM asked
        CROSS JOIN LATERAL (SELECT
            asked.paid_at + interval '30 seconds' * (asked.wave - 1) AS at,
            asked.wave = asked.waves AND asked.fate <> 'not_accepted' AS is_last) AS wave
    ),
    offer AS (
        INSERT INTO core.pairing_offers (
            id, session_id, mitra_id, round, wave, status, offered_at, expires_at, settled_at)
        SELECT md5(answered.key || answered.asked_id)::uuid, answered.session_id,
            answered.asked_id, 1, answered.wave, outcome.status, answered.offered_at,
            answered.offered_at + interval '30 seconds',
            CASE outcome.status
                WHEN 'declined' THEN answered.answered_at
                WHEN 'expired' THEN answered.offered_at + interval '30 seconds'
                WHEN 'cancelled' THEN answered.ended_at
                ELSE answered.started_at END
        FROM answered
        CROSS JOIN LATERAL (SELECT CASE
            WHEN answered.has_won THEN 'accepted'
            WHEN answered.chance < 0.3
                AND answered.answered_at < coalesce(answered.started_at, answered.ended_at)
                THEN 'declined'
            WHEN NOT answered.is_last
                OR answered.ended_at > answered.offered_at + interval '30 seconds'
                    AND answered.fate = 'given_up' THEN 'expired'
            WHEN answered.fate = 'given_up' THEN 'cancelled'
            ELSE 'rescinded' END AS status) AS outcome
    ),
    status AS (
        INSERT INTO core.mitra_status_log (mitra_id, action, cause, at, duration)
        SELECT shift.mitra_id, entry.action, entry.cause, entry.at, entry.duration FROM shift
        CROSS JOIN LATERAL (VALUES
            ('online', 'mitra', shift.began_at, NULL),
            ('offline', shift.cause, least(shift.ended_at, p_until),
                least(shift.ended_at, p_until) - shift.began_at)
        ) AS entry (action, cause, at, duration)
        ORDER BY entry.at
    )
    -- What failed, and why: searches, extensions, deliveries.
    INSERT INTO core.pairing_failures (
        cause_tag, session_id, payment_request_id, customer_id, mitra_id, details, created_at)
    SELECT failure.cause, planned.session_id, failure.payment_id, planned.customer_id,
        failure.mitra_id, failure.details, failure.at
    FROM search AS planned
    CROSS JOIN LATERAL (
        SELECT planned.end_reason, planned.payment_id, NULL::uuid, planned.ended_at,
            jsonb_build_object('round', 1, 'offers', (
                SELECT count(*) FROM asked WHERE asked.session_id = planned.session_id))
        WHERE planned.fate = 'not_accepted'
        UNION ALL
        SELECT 'extension_rejected', md5(planned.key || 'more')::uuid, planned.mitra_id,
            planned.more_answered_at, jsonb_build_object(
                'extension_id', md5(planned.key || 'extension')::uuid,
                'via_timeout', planned.more_fate = 'timeout')
        WHERE planned.more_fate IN ('rejected', 'timeout')
        UNION ALL
        SELECT 'failed_delivery', planned.payment_id, NULL,
            planned.paid_at + interval '300 seconds', '{}'
        WHERE planned.fate = 'failed_delivery'
    ) AS failure (cause, payment_id, mitra_id, at, details);
END
$$;

COMMENT ON FUNCTION core.seed_demo_pairing(date, timestamptz, integer, integer) IS $$
Offers, failures and the mitras' status log of a day of core.demo_searches; its sessions and
payments are there.
$$;
