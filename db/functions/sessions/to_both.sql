CREATE OR REPLACE FUNCTION core.to_both(
    p_session core.chat_sessions, p_type text, p_payload jsonb)
RETURNS core.event[]
LANGUAGE sql IMMUTABLE
AS $$
SELECT ARRAY[
    core.to_customer(p_session.customer_id, p_type, p_payload),
    core.to_mitra(p_session.mitra_id, p_type, p_payload)]
$$;

COMMENT ON FUNCTION core.to_both(core.chat_sessions, text, jsonb) IS
'The same event for both parties of a session.';
