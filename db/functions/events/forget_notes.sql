CREATE OR REPLACE FUNCTION core.forget_notes(p_recipients text[], p_since text)
RETURNS void
LANGUAGE sql VOLATILE
AS $$
-- In two statements, because of an OR would only the recipients be sought in the index.
DELETE FROM core.event_queue AS queue
USING core.event_positions AS position
JOIN core.event_streams AS stream ON stream.recipient = position.recipient
WHERE queue.recipient = ANY (p_recipients) AND position.recipient = queue.recipient
    AND queue.xid = ANY (ARRAY(SELECT pg_snapshot_xip(p_since::pg_snapshot)))
    AND position.seq >= stream.last_seq;
DELETE FROM core.event_queue AS queue
USING core.event_positions AS position
JOIN core.event_streams AS stream ON stream.recipient = position.recipient
WHERE queue.recipient = ANY (p_recipients) AND position.recipient = queue.recipient
    AND queue.xid >= coalesce(pg_snapshot_xmax(p_since::pg_snapshot), '0'::xid8)
    AND position.seq >= stream.last_seq
$$;

COMMENT ON FUNCTION core.forget_notes(text[], text) IS $$
Deletes the notes of claimed streams that are dispatched to their end, of those that
core.notes_since names. One snapshot judges and deletes, so a note of newer events stays.
$$;
