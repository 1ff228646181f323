CREATE OR REPLACE FUNCTION core.push_expiry(p_type text, p_payload jsonb, p_now timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE
AS $$
SELECT CASE
    WHEN p_type IN ('pairing_offer', 'extension_request', 'session_started', 'session_warning',
        'first_reply_reminder', 'first_reply_overdue')
        THEN (p_payload ->> 'expires_at')::timestamptz
    WHEN p_type IN ('session_ended', 'pairing_failed', 'message') THEN p_now + interval '1 hour'
END
$$;

COMMENT ON FUNCTION core.push_expiry(text, jsonb, timestamptz) IS $$
Until when a frame of this type is worth a push: the end of the offer, of the extension's deadline,
of the session, of the time for a first reply; an hour for what stays true. Null for types that are
never pushed.
$$;
