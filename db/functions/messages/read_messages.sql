CREATE OR REPLACE FUNCTION api.read_messages(
    p_session_id uuid, p_user_type text, p_user_id uuid, p_seq bigint)
RETURNS TABLE (read_seq bigint, is_news boolean, other_type text, other_id uuid)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_session core.chat_sessions;
    v_seq bigint;
    v_is_news boolean;
BEGIN
    PERFORM core.require_party(p_session_id, p_user_type, p_user_id);
    PERFORM core.require_active(mitra) FROM core.mitras AS mitra
    WHERE p_user_type = 'mitra' AND mitra.id = p_user_id;
    PERFORM core.require('seq', p_seq::text);
    IF p_seq < 0 THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'seq is the number of a message.',
            'Give the number of the last message that was read.', 'seq');
    END IF;
    PERFORM core.note_life(p_session_id, p_user_type, p_user_id);
    v_session := core.read_session(p_session_id);
    SELECT least(p_seq, counter.last_seq) INTO v_seq
    FROM core.message_counters AS counter WHERE counter.session_id = p_session_id;

    -- Move the mark forward. The mark of the mitra before a reroute gives way to the mark of
    -- the present mitra; somebody who is no party any more has no mark.
    INSERT INTO core.message_watermarks AS mark (
        session_id, party, user_id, delivered_seq, read_seq)
    SELECT p_session_id, p_user_type, p_user_id, v_seq, v_seq
    WHERE v_seq > 0 AND core.is_party(p_session_id, p_user_type, p_user_id)
    ON CONFLICT (session_id, party) DO UPDATE
    SET user_id = excluded.user_id, read_seq = excluded.read_seq, updated_at = clock_timestamp(),
        delivered_seq = CASE WHEN coalesce(mark.user_id, excluded.user_id) = excluded.user_id
            THEN greatest(mark.delivered_seq, excluded.read_seq) ELSE excluded.read_seq END
    WHERE CASE WHEN coalesce(mark.user_id, excluded.user_id) = excluded.user_id
        THEN mark.read_seq < excluded.read_seq
        ELSE core.is_party(mark.session_id, mark.party, excluded.user_id) END;
    v_is_news := FOUND;

    -- Answer with the mark as it stands, also when nothing moved.
    RETURN QUERY SELECT
        coalesce((
            SELECT mark.read_seq FROM core.message_watermarks AS mark
            WHERE mark.session_id = p_session_id AND mark.party = p_user_type
                AND coalesce(mark.user_id, p_user_id) = p_user_id), 0),
        v_is_news,
        CASE p_user_type WHEN 'customer' THEN 'mitra' ELSE 'customer' END,
        CASE p_user_type WHEN 'customer' THEN v_session.mitra_id ELSE v_session.customer_id END;
    PERFORM core.settle_if_free(p_session_id);
END
$$;

COMMENT ON FUNCTION api.read_messages(uuid, text, uuid, bigint) IS $$
A party has read up to p_seq; what is read counts as delivered. Never goes back, never beyond the
last message. Returns how far the party has read now, whether that is news, and the other party,
which the caller then tells.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, MITRA_DEACTIVATED 403.
Notifies: nothing; mitra_mirror, pairing, deadlines, events (session_closing, session_ended) for a
session past its time that nobody settled yet.
$$;
GRANT EXECUTE ON FUNCTION api.read_messages(uuid, text, uuid, bigint) TO halo_app;
