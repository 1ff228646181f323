CREATE OR REPLACE FUNCTION core.forget_notes(p_recipients text[])
RETURNS void
LANGUAGE sql VOLATILE
AS $$
DELETE FROM core.event_queue AS queue
USING core.event_positions AS position
JOIN core.event_streams AS stream ON stream.recipient = position.recipient
WHERE queue.recipient = ANY (p_recipients) AND position.recipient = queue.recipient
    AND position.seq >= stream.last_seq
$$;

COMMENT ON FUNCTION core.forget_notes(text[]) IS $$
Deletes the notes of claimed streams that are dispatched to their end. One snapshot judges and
deletes, so a note of newer events stays.
$$;
