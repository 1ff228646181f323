CREATE OR REPLACE FUNCTION api.save_view(
    p_cc_user_id uuid, p_screen text, p_name text, p_query text)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_most CONSTANT integer := 100;
    v_view core.saved_views;
BEGIN
    -- Judge what was given.
    PERFORM core.require(
        'cc_user_id', p_cc_user_id::text, 'screen', p_screen, 'name', p_name, 'query', p_query);
    p_name := core.one_line('name', p_name, 80);
    IF p_screen !~ '^[a-z][a-z-]{0,39}$' THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'There is no such screen.',
            'Give the first part of its address, such as sessions.', 'screen');
    ELSIF length(p_query) > 1000 OR p_query ~ '[^!-~]' THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'The query of a view is that of an address: at most 1,000 visible ASCII characters.',
            'Give it as the address has it, without the question mark.', 'query');
    END IF;

    -- Lock the user, then count, so that two calls at once don't make one view too many.
    PERFORM core.lock_cc_user(p_cc_user_id);
    IF (SELECT count(*) FROM core.saved_views AS view
        WHERE view.cc_user_id = p_cc_user_id
            AND (view.screen, view.name) <> (p_screen, p_name)) >= v_most
    THEN
        PERFORM core.refuse('INVALID_STATE', format('A user has at most %s views.', v_most),
            'Delete one first.');
    END IF;

    -- Write. A view of the same screen and name is replaced.
    INSERT INTO core.saved_views AS view (cc_user_id, screen, name, query)
    VALUES (p_cc_user_id, p_screen, p_name, p_query)
    ON CONFLICT (cc_user_id, screen, name) DO UPDATE SET query = excluded.query
    RETURNING * INTO v_view;
    PERFORM core.audit(p_cc_user_id, 'view.save', v_view.id::text, NULL, core.view_json(v_view));
    RETURN core.view_json(v_view);
END
$$;

COMMENT ON FUNCTION api.save_view(uuid, text, text, text) IS $$
Keeps the filters of a screen (the query of its address) under a name, for one user; another view of
this screen and name is replaced. Returns the view.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (100 views are there).
Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.save_view(uuid, text, text, text) TO halo_cc;
