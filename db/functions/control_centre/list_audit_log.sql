CREATE OR REPLACE FUNCTION api.list_audit_log(
    p_actor text DEFAULT NULL,
    p_action text DEFAULT NULL,
    p_subject text DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_with_reads boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_entries core.audit_log[];
    v_items text;
BEGIN
    v_entries := core.audit_page(
        core.actor_meant(p_actor), p_action, p_subject, p_from_at, p_to_at, p_limit, p_cursor,
        p_with_reads);
    v_items := (
        SELECT jsonb_agg(jsonb_build_object(
            'id', (entry).id,
            'at', core.instant((entry).at),
            'actor', (entry).actor,
            'actor_id', (
                SELECT cc_user.id FROM core.control_center_users AS cc_user
                WHERE (entry).actor = 'cc:' || cc_user.email),
            'database_role', (entry).database_role,
            'action', (entry).action,
            'subject', (entry).subject,
            'before', (entry).before,
            'after', (entry).after,
            'reason', (entry).reason,
            'request_id', (entry).request_id)
            ORDER BY (entry).at DESC, (entry).id DESC)::text
        FROM unnest(v_entries[1:p_limit]) AS entry);

    -- Phone numbers are for those who may see them, and it is written down that they did.
    IF v_items <> core.hide_phones(v_items) THEN
        IF p_actor_id IS NULL OR core.may(p_actor_id, 'pii', 'read') THEN
            PERFORM core.audit_reading(p_actor_id, 'audit_log');
        ELSE
            v_items := core.hide_phones(v_items);
        END IF;
    END IF;
    RETURN jsonb_build_object(
        'items', coalesce(v_items::jsonb, '[]'),
        'next_cursor', CASE WHEN cardinality(v_entries) > p_limit THEN core.cursor(
            core.instant((v_entries[p_limit]).at), (v_entries[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_audit_log(
    text, text, text, timestamptz, timestamptz, integer, text, uuid, boolean) IS $$
{items, next_cursor}: who did what to what, before and after, and why; newest first, p_limit (1 to
200) a page. A null leaves its filter out: the actor as core.actor_meant reads it (the id of a user,
which is actor_id of an entry, an e-mail, or what the log has); the action, the subject, and the
time, from p_from_at to before p_to_at; p_with_reads false leaves out that phones or messages were
shown (pii.read). Phone numbers are masked for an actor without pii:read; showing them is written
into the audit log.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_audit_log(
    text, text, text, timestamptz, timestamptz, integer, text, uuid, boolean) TO halo_cc;
