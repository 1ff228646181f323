CREATE OR REPLACE FUNCTION core.push_collapse_key(p_type text, p_payload jsonb)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE p_type
    WHEN 'pairing_offer' THEN 'offer:' || (p_payload ->> 'offer_id')
    WHEN 'extension_request' THEN 'extension:' || (p_payload ->> 'extension_id')
    WHEN 'message' THEN 'message:' || (p_payload ->> 'session_id')
    ELSE 'session:' || (p_payload ->> 'session_id')
END
$$;

COMMENT ON FUNCTION core.push_collapse_key(text, jsonb) IS $$
What a push replaces on the phone: the push before it about the same offer, extension, conversation
or session. At most 64 bytes, the limit of APNs.
$$;
