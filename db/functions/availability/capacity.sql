CREATE OR REPLACE FUNCTION core.capacity(p_mitra_id uuid)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT count(*)::integer
FROM core.chat_sessions
WHERE mitra_id = p_mitra_id AND core.holds_slot(status)
$$;

COMMENT ON FUNCTION core.capacity(uuid) IS $$
The slots a mitra has in use, counted from chat_sessions. A judgement counts them in a statement of
its own, after the statement that locked the mitra.
$$;
