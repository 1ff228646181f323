CREATE OR REPLACE FUNCTION core.shown_session_details(
    p_sessions core.chat_sessions[], p_cc_user_id uuid, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (session core.chat_sessions, shown jsonb)
LANGUAGE sql STABLE
AS $$
SELECT listed.session, listed.shown || jsonb_build_object(
    'round', (listed.session).round,
    'pairing_deadline', core.instant((listed.session).pairing_deadline),
    'customer', (
        SELECT jsonb_build_object(
            'id', id,
            'display_name', display_name,
            'phone', core.masked_phone(phone, reader.sees_phones))
        FROM core.customers WHERE id = (listed.session).customer_id),
    'mitra', (
        SELECT jsonb_build_object(
            'id', id,
            'display_name', display_name,
            'phone', core.masked_phone(phone, reader.sees_phones))
        FROM core.mitras WHERE id = (listed.session).mitra_id))
FROM core.shown_sessions(p_sessions, p_now) AS listed
CROSS JOIN (SELECT core.sees_phones(p_cc_user_id) AS sees_phones OFFSET 0) AS reader
$$;

COMMENT ON FUNCTION core.shown_session_details(core.chat_sessions[], uuid, timestamptz) IS $$
Sessions with their round and both parties' phones, as a control centre user may see them; null = a
DBA, who sees all. Judged at p_now; null = now. One statement shows a page for a fraction of what it
costs to show each by itself.
$$;
