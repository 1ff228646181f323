CREATE OR REPLACE FUNCTION core.session_details_json(
    p_session core.chat_sessions, p_cc_user_id uuid)
RETURNS jsonb
LANGUAGE sql VOLATILE
AS $$
SELECT core.session_json(p_session) || jsonb_build_object(
    'round', p_session.round,
    'pairing_deadline', core.instant(p_session.pairing_deadline),
    'customer', (
        SELECT jsonb_build_object(
            'id', id,
            'display_name', display_name,
            'phone', core.shown_phone(phone, p_cc_user_id))
        FROM core.customers WHERE id = p_session.customer_id),
    'mitra', (
        SELECT jsonb_build_object(
            'id', id,
            'display_name', display_name,
            'phone', core.shown_phone(phone, p_cc_user_id))
        FROM core.mitras WHERE id = p_session.mitra_id))
$$;

COMMENT ON FUNCTION core.session_details_json(core.chat_sessions, uuid) IS $$
A session with its round and both parties' phones, as a control centre user may see it; null = a
DBA, who sees all.
$$;
