CREATE OR REPLACE FUNCTION core.seed_demo_talk(
    p_day date, p_until timestamptz, p_seed integer, p_customers integer)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH session AS MATERIALIZED (
        SELECT session.*, core.session_day(session) AS day, search.key,
            least(session.expires_at, session.ended_at) - session.started_at AS ran,
            2 + floor(14 * core.demo_chance(search.key || 'words'))::integer AS messages
        FROM core.demo_searches(p_day, p_until, p_seed, p_customers) AS search
        JOIN core.chat_sessions AS session ON session.id = search.session_id
        WHERE search.fate = 'started'
    ),
    message AS (
        INSERT INTO core.chat_messages (
            session_day, session_id, seq, sender_type, sender_id, client_message_id, body,
            created_at)
        SELECT session.day, session.id, seq,
            CASE seq % 2 WHEN 1 THEN 'customer' ELSE 'mitra' END,
            CASE seq % 2 WHEN 1 THEN session.customer_id ELSE session.mitra_id END, seq::text,
            CASE seq % 2
                WHEN 1 THEN (ARRAY['Halo', 'Boleh cerita sebentar?', 'Hari ini berat sekali.',
                    'Aku bingung harus mulai dari mana.', 'Iya, begitulah.', 'Terima kasih, Kak.'])
                    [1 + floor(6 * core.demo_chance(session.key || seq))::integer]
                ELSE (ARRAY['Halo Kak, aku di sini.', 'Boleh, pelan-pelan saja.', 'Aku mengerti.',
                    'Lalu bagaimana perasaanmu?', 'Itu wajar sekali.', 'Kamu sudah hebat.'])
                    [1 + floor(6 * core.demo_chance(session.key || seq))::integer] END,
            session.started_at + session.ran * (seq - 0.5) / session.messages
        FROM session CROSS JOIN LATERAL generate_series(1, session.messages) AS seq
    ),
    counter AS (
        INSERT INTO core.message_counters (session_id, last_seq)
        SELECT session.id, session.messages FROM session
    ),
    mark AS (
        INSERT INTO core.message_watermarks (
            session_id, party, user_id, delivered_seq, read_seq, updated_at)
        SELECT session.id, party.party, party.user_id, session.messages, session.messages,
            session.ended_at
        FROM session
        CROSS JOIN LATERAL (VALUES
            ('customer', session.customer_id), ('mitra', session.mitra_id)
        ) AS party (party, user_id)
    ),
    reply AS (
        INSERT INTO core.awaited_replies (session_id, round)
        SELECT session.id, session.round FROM session
    ),
    -- How long the mitra served, and what the customer thought of it.
    service AS (
        INSERT INTO core.session_services (session_id, mitra_id, seconds)
        SELECT session.id, served.mitra_id, served.seconds
        FROM session
        JOIN core.chat_sessions AS ended ON ended.id = session.id
        CROSS JOIN LATERAL core.served_seconds(ended) AS served
    )
    INSERT INTO core.session_ratings (session_id, rating, comment, created_at)
    SELECT session.id, (ARRAY[5, 5, 5, 5, 4, 4, 4, 3, 3, 2, 1])
            [1 + floor(11 * core.demo_chance(session.key || 'stars'))::integer],
        CASE WHEN core.demo_chance(session.key || 'comment') < 0.2
            THEN 'Terima kasih sudah mendengarkan.' END,
        session.ended_at + interval '30 seconds'
    FROM session WHERE core.demo_chance(session.key || 'rates') < 0.45;
END
$$;

COMMENT ON FUNCTION core.seed_demo_talk(date, timestamptz, integer, integer) IS $$
Messages, watermarks, services and ratings of a day of core.demo_searches; its sessions, offers and
extensions are there.
$$;
