CREATE OR REPLACE FUNCTION api.note_export(p_subject text, p_filters jsonb, p_actor_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.require('subject', p_subject, 'filters', p_filters::text);
    PERFORM core.audit(p_actor_id, 'export', p_subject, NULL, p_filters);
END
$$;

COMMENT ON FUNCTION api.note_export(text, jsonb, uuid) IS $$
Writes into the audit log that the whole list p_subject was given out as CSV, and its filters.
p_actor_id null = a DBA, who has psql for it.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.note_export(text, jsonb, uuid) TO halo_cc;
