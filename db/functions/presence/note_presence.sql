CREATE OR REPLACE FUNCTION api.note_presence(
    p_session_ids uuid[], p_parties text[], p_user_ids uuid[], p_connected boolean[],
    p_is_first_look boolean DEFAULT false, p_as_of timestamptz DEFAULT NULL)
RETURNS TABLE (recipient text, party text, state text, frame jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_ids uuid[];
    v_changed core.session_presences[];
    v_not_told core.session_presences[];
BEGIN
    PERFORM core.require('session_ids', p_session_ids::text, 'parties', p_parties::text,
        'user_ids', p_user_ids::text, 'connected', p_connected::text,
        'is_first_look', p_is_first_look::text);

    -- An answer that is too old counts for nothing: a missing party may be back by now. Without
    -- p_as_of it is never too old.
    IF p_as_of < v_now - interval '5 seconds' THEN
        RETURN;
    END IF;

    -- A user counts as connected, too, when the instance with the socket can't write its lease.
    p_connected := ARRAY(
        SELECT seen.is_connected OR core.has_unleased_socket(seen.party || ':' || seen.user_id)
        FROM unnest(p_connected, p_parties, p_user_ids) WITH ORDINALITY
            AS seen (is_connected, party, user_id, nth)
        ORDER BY seen.nth);

    -- Absences that go on: note every 5 seconds that somebody looks. At a first look nobody looked
    -- before, so we cannot count the time before this look. These rows are locked before their
    -- sessions: that is safe, because SKIP LOCKED waits for nobody.
    UPDATE core.session_absences SET seen_until = v_now WHERE id IN (
        SELECT absence.id FROM core.session_absences AS absence
        WHERE absence.ended_at IS NULL AND NOT p_is_first_look
            AND absence.seen_until < v_now - interval '5 seconds'
            AND (absence.session_id, absence.party, absence.user_id) IN (
                SELECT seen.session_id, seen.party, seen.user_id
                FROM unnest(p_session_ids, p_parties, p_user_ids, p_connected)
                    AS seen (session_id, party, user_id, is_connected)
                WHERE NOT seen.is_connected)
        FOR NO KEY UPDATE SKIP LOCKED);

    -- Find what changed. Most looks end here, without a lock.
    v_changed := core.changed_presences(
        p_session_ids, p_parties, p_user_ids, p_connected, p_is_first_look, v_now);
    IF v_changed = '{}' THEN
        RETURN;
    END IF;

    -- Lock the sessions that are free, and judge again: whatever held them may have changed them.
    v_ids := core.lock_whole(
        ARRAY(SELECT changed.session_id FROM unnest(v_changed) AS changed), '{}');
    v_now := clock_timestamp();
    v_changed := ARRAY(
        SELECT changed
        FROM unnest(core.changed_presences(
            p_session_ids, p_parties, p_user_ids, p_connected, p_is_first_look, v_now)) AS changed
        WHERE changed.session_id = ANY (v_ids));

    -- A party that was 'gone' has used HTTP, so now it is 'away'. Do not tell the other party, who
    -- hears of sockets alone.
    v_not_told := ARRAY(
        SELECT changed FROM unnest(v_changed) AS changed
        JOIN core.session_presences AS known USING (session_id, party, user_id)
        WHERE known.state = 'gone' AND changed.state = 'away' AND NOT p_is_first_look);

    -- Write.
    INSERT INTO core.session_presences AS presence
    SELECT changed.* FROM unnest(v_changed) AS changed
    ON CONFLICT ON CONSTRAINT session_presences_pkey DO UPDATE
    SET state = excluded.state, since = excluded.since;
    PERFORM core.record_absences(v_changed, v_now);

    -- Tell the other party the change. Tell a party that is back how the other party is. Each frame
    -- describes one present party and goes to the other party.
    RETURN QUERY
    WITH news AS (
        SELECT changed::core.session_presences AS presence
        FROM unnest(v_changed) AS changed WHERE changed <> ALL (v_not_told)
        UNION
        SELECT other FROM unnest(v_changed) AS back
        JOIN core.session_presences AS other
            ON other.session_id = back.session_id AND other.party <> back.party
        WHERE back.state = 'connected'
    )
    SELECT CASE (news.presence).party
            WHEN 'customer' THEN 'mitra:' || session.mitra_id
            ELSE 'customer:' || session.customer_id END,
        (news.presence).party, (news.presence).state,
        core.presence_frame(news.presence, session, v_now)
    FROM news
    JOIN core.chat_sessions AS session ON session.id = (news.presence).session_id
    WHERE CASE (news.presence).party
            WHEN 'customer' THEN session.customer_id
            ELSE session.mitra_id END = (news.presence).user_id
        AND session.mitra_id IS NOT NULL
    ORDER BY session.id, (news.presence).party;
END
$$;

COMMENT ON FUNCTION api.note_presence(uuid[], text[], uuid[], boolean[], boolean, timestamptz) IS $$
Takes what the leases say now of parties of open sessions (api.watched_sessions), by session, party
(customer or mitra) and user id. p_is_first_look: nobody looked for a while before, so a party
without a lease is missed only from now on. p_as_of: when the leases were asked, by the database's
clock; an answer older than five seconds is ignored. A party without a lease is connected when
api.note_connected named it. A busy session is left to the next look. Returns the peer_presence
frames to publish: each change, for the other party; and for a party that is back, how the other
party is. A party that is gone is recorded in session_absences; run_due does what follows.
Raises: VALIDATION_ERROR 422. Notifies: deadlines.
$$;
GRANT EXECUTE ON FUNCTION
    api.note_presence(uuid[], text[], uuid[], boolean[], boolean, timestamptz) TO halo_listener;
