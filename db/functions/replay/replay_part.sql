CREATE OR REPLACE FUNCTION core.replay_part(
    p_from timestamptz, p_to timestamptz, p_settings jsonb, p_seed integer)
RETURNS TABLE (session_id uuid, outcome text, waited double precision, offers integer)
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_maximum integer := (p_settings ->> 'mitra_max_sessions')::integer;
    v_size integer := (p_settings ->> 'blast_size')::integer;
    v_offer interval := make_interval(secs => (p_settings ->> 'offer_timeout_seconds')::integer);
    v_round interval := make_interval(secs => (p_settings ->> 'pairing_timeout_seconds')::integer);
    v_missed integer := (p_settings ->> 'missed_offers_before_offline')::integer;
    v_known core.pairing_offers[] := core.replay_known(p_from, p_to);
    v_held interval;
    -- Who is online from when until when, and whose slot is taken; the searches in their order,
    -- and the next of them; who waits; the offers that are out, and to whom each search was
    -- offered.
    v_shift_of uuid[]; v_shift_from timestamptz[]; v_shift_until timestamptz[];
    v_busy_of uuid[]; v_busy_from timestamptz[]; v_busy_until timestamptz[];
    v_search_ids uuid[]; v_search_from timestamptz[]; v_search_until timestamptz[];
    v_search_held interval[];
    v_next integer := 1;
    v_waiting integer[] := ARRAY[]::integer[];
    v_offer_of integer[] := ARRAY[]::integer[];
    v_offer_to uuid[] := ARRAY[]::uuid[];
    v_offer_at timestamptz[] := ARRAY[]::timestamptz[];
    v_offer_answer text[] := ARRAY[]::text[];
    v_tried_by integer[] := ARRAY[]::integer[]; v_tried uuid[] := ARRAY[]::uuid[];
    v_silent uuid[] := ARRAY[]::uuid[];
    v_look integer[];
    v_wave uuid[];
    v_now timestamptz := '-infinity'::timestamptz;
    v_wakes_at timestamptz;
    v_n integer;
    v_search integer;
    v_mitra uuid;
BEGIN
    -- What was recorded.
    SELECT coalesce(array_agg(shift.mitra_id), '{}'), coalesce(array_agg(shift.began_at), '{}'),
        coalesce(array_agg(shift.ended_at), '{}')
    INTO v_shift_of, v_shift_from, v_shift_until
    FROM core.replay_shifts(p_from, p_to + v_round, v_missed IS NOT NULL) AS shift;
    SELECT coalesce(array_agg(held.mitra_id), '{}'), coalesce(array_agg(held.started_at), '{}'),
        coalesce(array_agg(held.until), '{}')
    INTO v_busy_of, v_busy_from, v_busy_until
    FROM (
        SELECT session.mitra_id, session.started_at,
            least(session.expires_at, session.ended_at) AS until
        FROM core.chat_sessions AS session
        WHERE session.created_at >= p_from - interval '1 day' AND session.created_at < p_from
            AND session.mitra_id IS NOT NULL AND session.started_at IS NOT NULL
    ) AS held
    WHERE held.until > p_from;
    SELECT array_agg(search.session_id ORDER BY search.began_at, search.session_id),
        array_agg(search.began_at ORDER BY search.began_at, search.session_id),
        array_agg(search.began_at + least(v_round, search.gives_up_after)
            ORDER BY search.began_at, search.session_id),
        array_agg(search.held ORDER BY search.began_at, search.session_id),
        coalesce(avg(search.held), interval '10 minutes')
    INTO v_search_ids, v_search_from, v_search_until, v_search_held, v_held
    FROM core.replay_searches(p_from, p_to) AS search;

    WHILE v_next <= cardinality(v_search_ids) OR v_waiting <> '{}' LOOP
        -- The next moment at which something happens: somebody comes, an offer is answered, a
        -- search is over; and for who waits: a slot becomes free, or a mitra comes online.
        v_wakes_at := least(
            (SELECT min(at) FROM unnest(v_busy_until) AS at WHERE at > v_now),
            (SELECT min(at) FROM unnest(v_shift_from) AS at WHERE at > v_now));
        v_now := least(v_search_from[v_next], v_wakes_at,
            (SELECT min(at) FROM unnest(v_offer_at) AS at),
            (SELECT min(v_search_until[n]) FROM unnest(v_waiting) AS n));
        v_look := CASE WHEN v_now = v_wakes_at THEN v_waiting ELSE '{}' END;
        v_n := (
            SELECT answer.n FROM unnest(v_offer_at) WITH ORDINALITY AS answer (at, n)
            WHERE answer.at <= v_now ORDER BY answer.at, answer.n LIMIT 1);

        -- Somebody comes.
        IF v_search_from[v_next] = v_now THEN
            v_waiting := v_waiting || v_next;
            v_look := v_look || v_next;
            v_next := v_next + 1;

        -- An answer. The first who accepts has it; a mitra who is full now gives the others back.
        ELSIF v_n IS NOT NULL THEN
            v_search := v_offer_of[v_n];
            v_mitra := v_offer_to[v_n];
            v_look := v_look || v_search;
            IF v_offer_answer[v_n] = 'accepted' THEN
                v_busy_of := v_busy_of || v_mitra;
                v_busy_from := v_busy_from || v_now;
                v_busy_until := v_busy_until || v_now + coalesce(v_search_held[v_search], v_held);
                session_id := v_search_ids[v_search];
                outcome := 'paired';
                waited := extract(epoch FROM v_now - v_search_from[v_search]);
                offers := (SELECT count(*) FROM unnest(v_tried_by) AS n WHERE n = v_search);
                RETURN NEXT;
                v_waiting := array_remove(v_waiting, v_search);
                IF (
                    SELECT count(*) FROM unnest(v_busy_of, v_busy_until) AS busy (who, until)
                    WHERE busy.who = v_mitra AND busy.until > v_now
                ) < (
                    SELECT core.max_sessions(mitra, v_maximum) FROM core.mitras AS mitra
                    WHERE mitra.id = v_mitra
                ) THEN
                    v_mitra := NULL;
                END IF;
            END IF;

            -- Who says nothing too often in a row is offline for the rest of the shift.
            IF v_missed > 0 AND v_offer_answer[v_n] <> 'expired' THEN
                v_silent := array_remove(v_silent, v_offer_to[v_n]);
            ELSIF v_missed > 0 THEN
                v_silent := v_silent || v_offer_to[v_n];
                IF cardinality(array_positions(v_silent, v_offer_to[v_n])) >= v_missed THEN
                    v_shift_until := ARRAY(
                        SELECT CASE WHEN shift.who = v_offer_to[v_n] AND shift.began_at <= v_now
                            THEN least(shift.until, v_now) ELSE shift.until END
                        FROM unnest(v_shift_of, v_shift_from, v_shift_until) WITH ORDINALITY
                            AS shift (who, began_at, until, n)
                        ORDER BY shift.n);
                END IF;
            END IF;

            v_look := v_look || ARRAY(
                SELECT answer.of FROM unnest(v_offer_of, v_offer_to) AS answer (of, who)
                WHERE v_offer_answer[v_n] = 'accepted' AND answer.who = v_mitra);
            SELECT coalesce(array_agg(answer.of), '{}'), coalesce(array_agg(answer.who), '{}'),
                coalesce(array_agg(answer.at), '{}'), coalesce(array_agg(answer.answer), '{}')
            INTO v_offer_of, v_offer_to, v_offer_at, v_offer_answer
            FROM unnest(v_offer_of, v_offer_to, v_offer_at, v_offer_answer) WITH ORDINALITY
                AS answer (of, who, at, answer, n)
            WHERE answer.n <> v_n AND answer.of = ANY (v_waiting)
                AND (v_offer_answer[v_n] <> 'accepted' OR v_mitra IS NULL
                    OR answer.who <> v_mitra);
        ELSE
            -- Searches whose time is over, or whose customer has left.
            FOREACH v_search IN ARRAY v_waiting LOOP
                IF v_search_until[v_search] <= v_now THEN
                    session_id := v_search_ids[v_search];
                    waited := NULL;
                    offers := (SELECT count(*) FROM unnest(v_tried_by) AS n WHERE n = v_search);
                    outcome := CASE
                        WHEN v_search_until[v_search] < v_search_from[v_search] + v_round
                        THEN 'cancelled'
                        WHEN offers > 0 THEN 'not_accepted'
                        ELSE 'no_mitra_available' END;
                    RETURN NEXT;
                    v_waiting := array_remove(v_waiting, v_search);
                END IF;
            END LOOP;
            SELECT coalesce(array_agg(answer.of), '{}'), coalesce(array_agg(answer.who), '{}'),
                coalesce(array_agg(answer.at), '{}'), coalesce(array_agg(answer.answer), '{}')
            INTO v_offer_of, v_offer_to, v_offer_at, v_offer_answer
            FROM unnest(v_offer_of, v_offer_to, v_offer_at, v_offer_answer)
                AS answer (of, who, at, answer)
            WHERE answer.of = ANY (v_waiting);
            SELECT coalesce(array_agg(former.by), '{}'), coalesce(array_agg(former.who), '{}')
            INTO v_tried_by, v_tried
            FROM unnest(v_tried_by, v_tried) AS former (by, who)
            WHERE former.by = ANY (v_waiting);
            SELECT coalesce(array_agg(busy.who), '{}'), coalesce(array_agg(busy.began_at), '{}'),
                coalesce(array_agg(busy.until), '{}')
            INTO v_busy_of, v_busy_from, v_busy_until
            FROM unnest(v_busy_of, v_busy_from, v_busy_until) AS busy (who, began_at, until)
            WHERE busy.until > v_now - interval '10 minutes';
        END IF;

        -- Who waits and has no offer out, oldest first, is offered to a wave: mitras online with a
        -- free slot and not asked before, least loaded, then longest idle.
        FOR v_search IN
            SELECT DISTINCT n FROM unnest(v_look) AS n
            WHERE n = ANY (v_waiting) AND n <> ALL (v_offer_of) ORDER BY n
        LOOP
            v_wave := ARRAY(
                SELECT online.who
                FROM (
                    SELECT shift.who, max(shift.began_at) AS since
                    FROM unnest(v_shift_of, v_shift_from, v_shift_until)
                        AS shift (who, began_at, until)
                    WHERE shift.began_at <= v_now AND shift.until > v_now
                    GROUP BY shift.who
                ) AS online
                JOIN core.mitras AS mitra ON mitra.id = online.who
                LEFT JOIN (
                    SELECT busy.who, count(*) FILTER (WHERE busy.until > v_now) AS load,
                        max(busy.until) FILTER (WHERE busy.until <= v_now) AS idle_since
                    FROM unnest(v_busy_of, v_busy_until) AS busy (who, until)
                    GROUP BY busy.who
                ) AS taken ON taken.who = online.who
                WHERE coalesce(taken.load, 0) < core.max_sessions(mitra, v_maximum)
                    AND NOT EXISTS (
                        SELECT FROM unnest(v_tried_by, v_tried) AS former (by, who)
                        WHERE former.by = v_search AND former.who = online.who)
                ORDER BY coalesce(taken.load, 0), greatest(taken.idle_since, online.since),
                    online.who
                LIMIT v_size);
            CONTINUE WHEN v_wave = '{}';
            v_tried_by := v_tried_by || array_fill(v_search, ARRAY[cardinality(v_wave)]);
            v_tried := v_tried || v_wave;
            SELECT v_offer_of || array_agg(v_search), v_offer_to || array_agg(given.mitra_id),
                v_offer_at || array_agg(v_now + CASE WHEN given.answer = 'expired' THEN v_offer
                    ELSE least(given.after, v_offer) END),
                v_offer_answer || array_agg(CASE WHEN given.after < v_offer
                    THEN given.answer ELSE 'expired' END)
            INTO v_offer_of, v_offer_to, v_offer_at, v_offer_answer
            FROM core.replay_answers(
                v_search_ids[v_search], v_wave, v_now, v_known, p_seed) AS given;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.replay_part(timestamptz, timestamptz, jsonb, integer) IS $$
Runs the recorded searches of a time again, event by event: with mitras online as recorded, slots as
the replay itself fills them, and answers as core.replay_answers draws them with p_seed. p_settings
has offer_timeout_seconds, blast_size, mitra_max_sessions, pairing_timeout_seconds and
missed_offers_before_offline (without it mitras went offline for missed offers as recorded). Returns
how each search would have come out, after how many seconds it was paired, and how many offers it
made.
$$;
