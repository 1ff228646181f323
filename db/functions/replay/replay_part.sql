CREATE OR REPLACE FUNCTION core.replay_part(
    p_from timestamptz, p_to timestamptz, p_known jsonb, p_settings jsonb, p_runs integer,
    p_seed integer, p_moved jsonb DEFAULT '[]')
RETURNS TABLE (
    run integer, session_id uuid, again text, again_waited double precision,
    again_offers integer, outcome text, waited double precision, offers integer,
    moved core.replay_span[])
LANGUAGE plpgsql STABLE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_round interval := make_interval(secs => (p_known ->> 'pairing_timeout_seconds')::integer);
    v_offers core.pairing_offers[] := core.replay_known(p_from, p_to);
    v_shifts core.replay_span[] := core.replay_shifts(p_from, p_to + v_round);
    v_other_shifts core.replay_span[] := core.replay_shifts(
        p_from, p_to + v_round, (p_settings ->> 'missed_offers_before_offline')::integer,
        (p_known ->> 'missed_offers_before_offline')::integer);
    v_slots core.replay_span[] := core.replay_slots(p_from, p_to + v_round);
    v_held interval;
    v_delay interval;
    v_search record;
    v_over_at timestamptz;
    v_near core.replay_span[];
    v_mitras core.replay_mitra[];
    v_usual core.replay_mitra[];
    v_again record;
    v_other record;
    -- What the other rules moved, in each run: who has a slot instead of the recorded one.
    v_moved core.replay_span[];
    v_moved_in integer[];
BEGIN
    SELECT coalesce(array_agg(former.run), '{}'),
        coalesce(array_agg(ROW(former.mitra_id, former.session_id, former.began_at,
            former.ended_at)::core.replay_span), '{}')
    INTO v_moved_in, v_moved
    FROM jsonb_to_recordset(p_moved) AS former (
        run integer, mitra_id uuid, session_id uuid, began_at timestamptz, ended_at timestamptz);
    SELECT coalesce(avg(search.held), interval '10 minutes'),
        coalesce(avg(first.at - search.began_at)
            FILTER (WHERE first.at < search.began_at + interval '1 second'), '0')
    INTO v_held, v_delay
    FROM core.replay_searches(p_from, p_to) AS search
    LEFT JOIN LATERAL (
        SELECT min(offer.offered_at) AS at FROM core.pairing_offers AS offer
        WHERE offer.session_id = search.session_id AND offer.round = 1
    ) AS first ON true;

    FOR v_search IN
        SELECT search.*, session.customer_id, payment.preferred_mitra_id
        FROM core.replay_searches(p_from, p_to) AS search
        JOIN core.chat_sessions AS session ON session.id = search.session_id
        LEFT JOIN core.payment_requests AS payment
            ON payment.session_id = search.session_id AND NOT payment.is_extension
        ORDER BY search.began_at, search.session_id
    LOOP
        -- The recorded world around this search, without itself.
        v_over_at := v_search.began_at + least(v_round, v_search.gives_up_after);
        v_near := ARRAY(
            SELECT slot FROM unnest(v_slots) AS slot
            WHERE slot.session_id <> v_search.session_id AND slot.began_at < v_over_at
                AND slot.ended_at > v_search.began_at - interval '10 minutes');

        FOR run, v_mitras, v_usual IN
            SELECT number.n,
                array_agg(ROW(mitra.id, mitra.max_sessions, given.answer, given.after,
                    given.slowest)::core.replay_mitra ORDER BY mitra.id),
                array_agg(ROW(mitra.id, mitra.max_sessions, given.usual_answer, given.usual_after,
                    given.slowest)::core.replay_mitra ORDER BY mitra.id)
            FROM generate_series(1, p_runs) AS number (n)
            LEFT JOIN core.replay_answers(v_search.session_id, ARRAY(
                SELECT shift.mitra_id FROM unnest(v_shifts || v_other_shifts) AS shift
                WHERE shift.began_at < v_over_at AND shift.ended_at > v_search.began_at
                EXCEPT
                SELECT unnest(core.replay_apart(v_search.customer_id, v_search.began_at))
            ), v_search.began_at, v_offers, p_runs, p_seed) AS given ON given.run = number.n
            LEFT JOIN core.mitras AS mitra ON mitra.id = given.mitra_id
            GROUP BY number.n
        LOOP
            -- The same again, and then by the other rules, in the world that these have moved: a
            -- search that came before keeps its new slot, and has left its recorded one. Who was
            -- asked in both answers the same, and who only now is asked as usual.
            SELECT * INTO v_again FROM core.replay_search(v_search.began_at, v_over_at, v_mitras,
                v_shifts, v_near, v_search.preferred_mitra_id, p_known, v_delay);
            v_other := v_again;
            IF p_settings <> '{}' THEN
                SELECT * INTO v_other FROM core.replay_search(v_search.began_at, v_over_at,
                    ARRAY(
                        SELECT CASE WHEN v_mitras[n].mitra_id = ANY (v_again.asked)
                            THEN v_mitras[n] ELSE v_usual[n] END
                        FROM generate_subscripts(v_mitras, 1) AS n
                    ), v_other_shifts, ARRAY(
                        SELECT slot FROM unnest(v_near) AS slot
                        WHERE slot.session_id NOT IN (
                            SELECT gone.session_id FROM unnest(v_moved) WITH ORDINALITY
                                AS gone (mitra_id, session_id, began_at, ended_at, n)
                            WHERE v_moved_in[gone.n] = run)
                        UNION ALL
                        SELECT ROW(come.mitra_id, come.session_id,
                            least(come.began_at, v_search.began_at),
                            come.ended_at)::core.replay_span
                        FROM unnest(v_moved) WITH ORDINALITY
                            AS come (mitra_id, session_id, began_at, ended_at, n)
                        WHERE v_moved_in[come.n] = run AND come.mitra_id IS NOT NULL
                    ), v_search.preferred_mitra_id, p_known || p_settings, v_delay);
            END IF;

            -- Only what came out otherwise than the same again moves the world of later searches.
            moved := '{}';
            IF v_other.mitra_id IS DISTINCT FROM v_again.mitra_id THEN
                moved := ARRAY[ROW(v_other.mitra_id, v_search.session_id, v_other.at,
                    v_other.at + coalesce(v_search.held, v_held))::core.replay_span];
                v_moved := v_moved || moved;
                v_moved_in := v_moved_in || run;
            END IF;

            session_id := v_search.session_id;
            again := core.replay_outcome(v_again.mitra_id, v_again.asked, v_search.gives_up_after);
            again_waited := CASE WHEN again = 'paired'
                THEN extract(epoch FROM v_again.at - v_search.began_at) END;
            again_offers := cardinality(v_again.asked);
            outcome := core.replay_outcome(
                v_other.mitra_id, v_other.asked, v_search.gives_up_after);
            waited := CASE WHEN outcome = 'paired'
                THEN extract(epoch FROM v_other.at - v_search.began_at) END;
            offers := cardinality(v_other.asked);
            RETURN NEXT;
        END LOOP;
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.replay_part(
    timestamptz, timestamptz, jsonb, jsonb, integer, integer, jsonb) IS $$
Replays each search of a time in the world that all other searches made, as recorded: so what is
told wrongly of a search changes nothing for the next. again is how it comes out by the rules of
that time (p_known), outcome by p_settings beside them, with the seconds until it is paired and its
offers, in each of p_runs runs. Where the two differ the other rules moved a session: moved is its
slot by the other rules, without a mitra when it has none; else moved is empty. Later searches find
the world moved by that. p_moved are such slots of the part before, as JSON with their run.
$$;
