CREATE OR REPLACE FUNCTION core.demo_searches(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS TABLE (
    key text, customer_id uuid, session_id uuid, payment_id uuid, package_id uuid,
    minutes integer, fate text, mitra_id uuid, asked_at timestamptz, paid_at timestamptz,
    waves integer, started_at timestamptz, expires_at timestamptz, ended_at timestamptz,
    end_reason text, more_package_id uuid, more_minutes integer, more_fate text,
    more_asked_at timestamptz, more_answered_at timestamptz)
LANGUAGE sql STABLE
AS $$
-- A customer comes: more of them in the evenings of Jakarta, and on some days. Half of them came in
-- the week before; nobody comes twice a day.
WITH shift AS MATERIALIZED (
    SELECT * FROM core.demo_shifts(p_day, p_seed)
),
visit AS (
    SELECT DISTINCT ON (came.customer_key) came.*
    FROM (
        SELECT number.key,
            CASE WHEN core.demo_chance(number.key || 'known') < 0.5
                THEN concat_ws('/', p_seed,
                    p_day - 1 - floor(core.demo_chance(number.key || 'last') * 7)::integer,
                    floor(core.demo_chance(number.key || 'who') * p_customers), '')
                ELSE number.key END AS customer_key,
            p_day::timestamp AT TIME ZONE 'UTC' + interval '1 hour' * mod((17 + CASE
                WHEN core.demo_chance(number.key || 'night') < 0.08
                THEN 24 * core.demo_chance(number.key || 'hour')
                ELSE 24 * (0.28 + 0.72 * power(core.demo_chance(number.key || 'hour'), 0.75))
                END)::numeric, 24)::double precision AS asked_at
        FROM (
            SELECT concat_ws('/', p_seed, p_day, n, '') AS key
            FROM generate_series(1, round(p_customers
                * (0.8 + 0.4 * core.demo_chance(concat_ws('/', p_seed, p_day))))::integer) AS n
        ) AS number
    ) AS came
    WHERE came.asked_at < p_until
    ORDER BY came.customer_key, came.asked_at
),
-- Who chooses which package (those under three minutes are for people at /demo), what becomes of
-- it, and which mitra will have accepted. When nobody is online nobody pays.
choice AS (
    SELECT visit.key, visit.customer_key, visit.asked_at, package.id AS package_id,
        package.duration_minutes AS minutes, winner.mitra_id,
        visit.asked_at + (5 + 55 * core.demo_chance(visit.key || 'pays')) * interval '1 second'
            AS paid_at,
        1 + (core.demo_chance(visit.key || 'waves') < 0.15
            AND fate.chance NOT BETWEEN 0.098 AND 0.145)::integer AS waves,
        CASE
            WHEN fate.chance < 0.05 THEN 'expired'
            WHEN fate.chance < 0.085 THEN 'cancelled'
            WHEN fate.chance < 0.095 THEN 'paid_late'
            WHEN fate.chance < 0.098 THEN 'failed_delivery'
            WHEN fate.chance < 0.145 THEN 'given_up'
            WHEN fate.chance < 0.185 THEN 'not_accepted'
            ELSE 'started' END AS fate
    FROM visit
    CROSS JOIN LATERAL (SELECT core.demo_chance(visit.key || 'fate')) AS fate (chance)
    CROSS JOIN LATERAL (
        SELECT offered.id, offered.duration_minutes FROM core.price_packages AS offered
        WHERE offered.is_active AND NOT offered.is_extension AND offered.duration_minutes >= 3
        ORDER BY core.demo_chance(visit.key || offered.name) / offered.duration_minutes DESC
        LIMIT 1
    ) AS package
    CROSS JOIN LATERAL (
        SELECT online.mitra_id FROM shift AS online
        WHERE visit.asked_at BETWEEN online.began_at AND online.ended_at - interval '5 minutes'
        ORDER BY core.demo_chance(visit.key || online.mitra_id) LIMIT 1
    ) AS winner
),
clock AS (
    SELECT choice.*, begun.started_at,
        begun.started_at + make_interval(mins => choice.minutes) AS ends_at,
        core.demo_chance(choice.key || 'ends') AS ends, more.package_id AS more_package_id,
        more.minutes AS more_minutes, more.fate AS more_fate
    FROM choice
    LEFT JOIN LATERAL (
        SELECT choice.paid_at + interval '30 seconds' * (choice.waves - 1)
            + (2 + 20 * core.demo_chance(choice.key || 'accepts')) * interval '1 second'
    ) AS begun (started_at) ON choice.fate = 'started'
    LEFT JOIN LATERAL (
        SELECT extension.id AS package_id, extension.duration_minutes AS minutes,
            CASE
                WHEN core.demo_chance(choice.key || 'answer') < 0.75 THEN 'accepted'
                WHEN core.demo_chance(choice.key || 'answer') < 0.88 THEN 'rejected'
                ELSE 'timeout' END AS fate
        FROM core.price_packages AS extension
        WHERE extension.is_active AND extension.is_extension AND extension.duration_minutes >= 3
            AND core.demo_chance(choice.key || 'ends') < 0.12
        ORDER BY core.demo_chance(choice.key || extension.name) LIMIT 1
    ) AS more ON choice.fate = 'started'
),
-- Who asks for more minutes asks a minute before the end, and the clock stands until the answer.
answer AS (
    SELECT clock.*, asked.at AS more_asked_at, asked.at + CASE clock.more_fate
        WHEN 'timeout' THEN interval '60 seconds'
        ELSE (4 + 40 * core.demo_chance(clock.key || 'answers')) * interval '1 second'
        END AS more_answered_at
    FROM clock
    LEFT JOIN LATERAL (SELECT clock.ends_at - interval '60 seconds') AS asked (at)
        ON clock.more_fate IS NOT NULL
)
SELECT
    answer.key, md5(answer.customer_key || 'customer')::uuid,
    CASE WHEN answer.fate IN ('given_up', 'not_accepted', 'started')
        THEN md5(answer.key || 'session')::uuid END,
    md5(answer.key || 'payment')::uuid, answer.package_id, answer.minutes, answer.fate,
    answer.mitra_id, answer.asked_at, answer.paid_at, answer.waves, answer.started_at,
    finish.expires_at,
    CASE
        WHEN answer.fate = 'given_up' THEN answer.paid_at
            + (10 + 60 * core.demo_chance(answer.key || 'gives up')) * interval '1 second'
        WHEN answer.fate = 'not_accepted' THEN answer.paid_at + interval '120 seconds'
        WHEN finish.reason IN ('expired', 'extension_rejected')
        THEN finish.expires_at + interval '60 seconds'
        ELSE answer.started_at + (0.2 + 0.75 * core.demo_chance(answer.key || 'leaves'))
            * (answer.ends_at - answer.started_at) END,
    CASE answer.fate
        WHEN 'given_up' THEN 'cancelled_by_customer'
        WHEN 'not_accepted' THEN 'not_accepted'
        ELSE finish.reason END,
    answer.more_package_id, answer.more_minutes, answer.more_fate, answer.more_asked_at,
    answer.more_answered_at
FROM answer
LEFT JOIN LATERAL (
    SELECT
        CASE answer.more_fate
            WHEN 'accepted' THEN answer.more_answered_at + interval '60 seconds'
                + make_interval(mins => answer.more_minutes)
            WHEN 'rejected' THEN answer.more_answered_at
            WHEN 'timeout' THEN answer.more_answered_at
            ELSE answer.ends_at END AS expires_at,
        CASE
            WHEN answer.more_fate IN ('rejected', 'timeout') THEN 'extension_rejected'
            WHEN answer.more_fate = 'accepted' OR answer.ends < 0.5 THEN 'expired'
            WHEN answer.ends < 0.92 THEN 'ended_by_customer'
            ELSE 'ended_by_mitra' END AS reason
) AS finish ON answer.fate = 'started'
-- Of today, only what is over by now.
WHERE now() - interval '2 minutes' > CASE
    WHEN answer.fate = 'started'
    THEN greatest(finish.expires_at, answer.ends_at) + interval '60 seconds'
    ELSE answer.asked_at + interval '30 minutes' END
$$;

COMMENT ON FUNCTION core.demo_searches(date, timestamptz, integer, integer) IS $$
What some p_customers customers did on a day (UTC) of the demo history, before p_until, and what is
over by now: one row for each who asked for a payment. fate: expired, cancelled, paid_late,
failed_delivery (all without a session), given_up, not_accepted, started. more_* is the extension
that some asked for. The same rows whenever it is asked with this day and seed, as long as mitras
and packages stay the same.
$$;
