CREATE OR REPLACE FUNCTION core.reroute_sessions(
    p_session_ids uuid[], p_cause text, p_actor_id uuid, p_now timestamptz)
RETURNS core.event[]
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_former core.chat_sessions[];
    v_sessions core.chat_sessions[];
    v_events core.event[];
BEGIN
    -- Give lost time back first: it may leave enough of the clock for another mitra.
    PERFORM core.credit_absences(p_session_ids, p_now);
    v_former := ARRAY(
        SELECT session FROM core.chat_sessions AS session
        WHERE session.id = ANY (p_session_ids)
            AND core.may_reroute(core.settled(session, p_now), p_now)
        ORDER BY session.id);

    -- Write: the extensions and their money, a note of each reroute, the sessions.
    v_events := ARRAY(
        SELECT unnest(core.cancel_extension(former.id, 'session_ended'))
        FROM unnest(v_former) AS former);
    v_sessions := ARRAY(
        SELECT core.enter_rerouted(former, p_now) FROM unnest(v_former) AS former);
    INSERT INTO core.session_reroutes (
        session_id, round, mitra_id, cause, remaining_seconds, actor_id, at)
    SELECT former.id, former.round, former.mitra_id, p_cause,
        floor(coalesce(core.seconds_left(former, p_now), 0)), p_actor_id, p_now
    FROM unnest(v_former) AS former;
    PERFORM core.save_sessions(v_sessions);

    -- Tell. For the former mitra, the session is over; it does not see the new search.
    RETURN v_events || ARRAY(
        SELECT core.to_customer(session.customer_id, 'session_rerouted',
            core.session_frame(session) || jsonb_build_object('cause', p_cause))
        FROM unnest(v_sessions) AS session
    ) || ARRAY(
        SELECT core.to_mitra(former.mitra_id, 'session_ended',
            core.session_frame(former)
                || '{"status": "searching", "mitra": null,
                     "pending_extension": null, "end_reason": "rerouted"}')
        FROM unnest(v_former) AS former
    );
END
$$;

COMMENT ON FUNCTION core.reroute_sessions(uuid[], text, uuid, timestamptz) IS $$
Takes locked sessions from their mitra, where they may be rerouted, and sends them searching for
another: a pending extension is cancelled and its money owed back, time lost to an absent mitra is
given back where that is the policy, the reroute is written down. Returns the events for the caller
to emit.
Notifies: mitra_mirror, pairing.
$$;
