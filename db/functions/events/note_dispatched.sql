CREATE OR REPLACE FUNCTION api.note_dispatched(
    p_since text DEFAULT NULL, p_looked text DEFAULT NULL)
RETURNS TABLE (since text, looked text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
SET enable_seqscan = off
AS $$
SELECT CASE WHEN p_looked IS NULL OR EXISTS (
        SELECT FROM core.notes_since(p_since, NULL) AS note
        WHERE pg_visible_in_snapshot(note.xid, p_looked::pg_snapshot))
    THEN p_since ELSE p_looked END, pg_current_snapshot()::text
$$;

COMMENT ON FUNCTION api.note_dispatched(text, text) IS $$
Where a dispatcher's next look at the queue begins (since), so that it passes over the notes that
are done and not yet vacuumed: behind the snapshot p_looked when all that it saw is dispatched, else
at p_since as before. looked: the present snapshot, for the next call. Both are null at first,
after a fault, on another connection, and once a minute: another server may count transactions anew.
Raises nothing. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_dispatched(text, text) TO halo_listener;
