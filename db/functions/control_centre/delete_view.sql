CREATE OR REPLACE FUNCTION api.delete_view(p_view_id uuid, p_cc_user_id uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_view core.saved_views;
BEGIN
    PERFORM core.require('view_id', p_view_id::text, 'cc_user_id', p_cc_user_id::text);
    DELETE FROM core.saved_views WHERE id = p_view_id AND cc_user_id = p_cc_user_id
    RETURNING * INTO v_view;
    IF v_view.id IS NULL THEN
        PERFORM core.refuse_unknown('view');
    END IF;
    PERFORM core.audit(p_cc_user_id, 'view.delete', p_view_id::text, core.view_json(v_view), NULL);
END
$$;

COMMENT ON FUNCTION api.delete_view(uuid, uuid) IS $$
Deletes a saved view of this user. Raises: VALIDATION_ERROR 422, NOT_FOUND 404 (another user's too).
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.delete_view(uuid, uuid) TO halo_cc;
