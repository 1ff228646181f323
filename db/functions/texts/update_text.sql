CREATE OR REPLACE FUNCTION api.update_text(
    p_name text,
    p_locale text,
    p_title text,
    p_body text,
    p_version integer DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.message_templates;
    v_after core.message_templates;
BEGIN
    PERFORM core.require('name', p_name, 'locale', p_locale, 'title', p_title, 'body', p_body);

    -- Lock and judge.
    SELECT * INTO v_before FROM core.message_templates
    WHERE name = p_name AND locale = p_locale FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown_text(p_name, p_locale);
    END IF;
    PERFORM core.require_version(
        format('The text %s in %s', p_name, p_locale), p_version, v_before.version);
    PERFORM core.require_text(p_name, p_title, p_body);

    -- Write.
    UPDATE core.message_templates
    SET title = core.one_line('title', p_title, 100), body = p_body
    WHERE name = p_name AND locale = p_locale
    RETURNING * INTO v_after;
    IF v_before <> v_after THEN
        PERFORM core.audit(p_actor_id, 'text.update', p_name || ' ' || p_locale,
            core.text_json(v_before), core.text_json(v_after));
    END IF;
    RETURN core.text_json(v_after);
END
$$;

COMMENT ON FUNCTION api.update_text(text, text, text, text, integer, uuid) IS $$
Changes the text of a push (p_name is the event's type) in one language, id or en; the next push
shows it. Placeholders: {customer} and {mitra} of the session, {peer} of the recipient, {minutes};
api.list_texts says which a push has. p_version, when given, must be the version that was read.
Returns the text; the audit log keeps it before and after.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, VERSION_MISMATCH 412. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.update_text(text, text, text, text, integer, uuid) TO halo_cc;
