CREATE OR REPLACE FUNCTION core.push_is_live(p_push core.pushes, p_now timestamptz)
RETURNS boolean
LANGUAGE sql VOLATILE
AS $$
SELECT p_push.expires_at > p_now
    AND EXISTS (
        SELECT FROM core.push_tokens AS known
        WHERE known.token = p_push.token
            AND known.user_type || ':' || known.user_id = p_push.recipient
            AND core.may_be_pushed(known.user_type, known.user_id))
    AND CASE p_push.type
        WHEN 'pairing_offer' THEN EXISTS (
            SELECT FROM core.pairing_offers AS offer
            WHERE offer.id = (p_push.payload ->> 'offer_id')::uuid
                AND core.status_is(offer.status, 'offered'))
        WHEN 'extension_request' THEN EXISTS (
            SELECT FROM core.session_extensions AS extension
            WHERE extension.id = (p_push.payload ->> 'extension_id')::uuid
                AND core.status_is(extension.status, 'pending'))
        WHEN 'session_started' THEN EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE session.id = (p_push.payload ->> 'session_id')::uuid
                AND session.status IN ('active', 'extending')
                AND p_push.recipient
                    IN ('customer:' || session.customer_id, 'mitra:' || session.mitra_id))
        WHEN 'session_warning' THEN EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE session.id = (p_push.payload ->> 'session_id')::uuid
                AND session.status = 'active' AND session.expires_at = p_push.expires_at
                AND p_push.recipient
                    IN ('customer:' || session.customer_id, 'mitra:' || session.mitra_id))
        WHEN 'first_reply_reminder' THEN EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE session.id = (p_push.payload ->> 'session_id')::uuid
                AND session.status = 'active' AND p_push.recipient = 'mitra:' || session.mitra_id
                AND NOT core.has_written(session))
        WHEN 'first_reply_overdue' THEN EXISTS (
            SELECT FROM core.chat_sessions AS session
            WHERE session.id = (p_push.payload ->> 'session_id')::uuid
                AND core.unanswered_wait(session, p_now) IS NOT NULL)
        WHEN 'message' THEN NOT EXISTS (
            -- A mark from before marks named their user counts for every user of the party.
            SELECT FROM core.message_watermarks AS mark
            WHERE mark.session_id = (p_push.payload ->> 'session_id')::uuid
                AND p_push.recipient LIKE mark.party || ':' || coalesce(mark.user_id::text, '%')
                AND mark.delivered_seq >= (p_push.payload ->> 'seq')::bigint)
        ELSE true
    END
$$;

COMMENT ON FUNCTION core.push_is_live(core.pushes, timestamptz) IS $$
Whether a push still tells its recipient the truth: its time is not over, the device is still the
recipient's, the recipient may be pushed to, the offer is open, the extension pending, the session
runs (for a warning: to the same end), the first reply is still missing, the message has not been
delivered.
$$;
