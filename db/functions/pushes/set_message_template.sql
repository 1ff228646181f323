CREATE OR REPLACE FUNCTION api.set_message_template(
    p_name text, p_locale text, p_title text, p_body text, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_before core.message_templates;
    v_after core.message_templates;
    v_unknown text;
BEGIN
    PERFORM core.require('name', p_name, 'locale', p_locale, 'title', p_title, 'body', p_body);
    p_title := core.one_line('title', p_title, 100);

    -- Lock and judge.
    SELECT * INTO v_before FROM core.message_templates
    WHERE name = p_name AND locale = p_locale FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM core.refuse('NOT_FOUND',
            format('There is no template %s in %s.', p_name, p_locale),
            'SELECT name, locale FROM ops.message_templates lists them.');
    ELSIF length(p_body) > 300 OR core.is_blank(p_body) THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A body has 1 to 300 characters, not all of them blank.',
            'Phones show about 100 of them.', 'body');
    END IF;

    -- A brace that is left, when the known placeholders are taken out, is an unknown one.
    v_unknown := substring(
        regexp_replace(p_title || p_body, '\{(customer|mitra|peer|minutes)\}', '', 'g')
        FROM '[{}].*');
    IF v_unknown IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'No such placeholder: ' || left(v_unknown, 20),
            'Use {customer}, {mitra}, {peer} or {minutes}.', 'body');
    END IF;

    -- Write.
    UPDATE core.message_templates SET title = p_title, body = p_body
    WHERE name = p_name AND locale = p_locale RETURNING * INTO v_after;
    PERFORM core.audit(p_actor_id, 'set_message_template', p_name || ' ' || p_locale,
        to_jsonb(v_before), to_jsonb(v_after));
    RETURN to_jsonb(v_after);
END
$$;

COMMENT ON FUNCTION api.set_message_template(text, text, text, text, uuid) IS $$
Changes the texts of a push (p_name is the event's type) in one language, id or en; the next push
shows them. Placeholders: {customer} and {mitra} of the session, {peer} of the recipient,
{minutes}. Returns the template; the audit log keeps it before and after.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.set_message_template(text, text, text, text, uuid) TO halo_cc;
