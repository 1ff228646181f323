CREATE OR REPLACE FUNCTION api.preview_text(
    p_name text, p_locale text, p_title text DEFAULT NULL, p_body text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_text jsonb := api.find_text(p_name, p_locale);
    v_example jsonb;
BEGIN
    -- Judge the text as a change to it would be judged.
    p_title := coalesce(p_title, v_text ->> 'title');
    p_body := coalesce(p_body, v_text ->> 'body');
    PERFORM core.require_text(p_name, p_title, p_body);

    -- Fill it. These are for a mitra, whose peer is the customer.
    v_example := jsonb_build_object(
        'customer', 'Sari',
        'mitra', 'Dewi',
        'peer', CASE
            WHEN p_name IN ('pairing_offer', 'extension_request', 'first_reply_reminder')
                THEN 'Sari' ELSE 'Dewi' END,
        'minutes', '15');
    RETURN jsonb_build_object(
        'title', core.fill_template(core.one_line('title', p_title, 100), v_example),
        'body', core.fill_template(p_body, v_example));
END
$$;

COMMENT ON FUNCTION api.preview_text(text, text, text, text) IS $$
{title, body} of a push as a phone would show it, with example names and minutes. p_title and p_body
null = as they are kept. Nothing is changed.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.preview_text(text, text, text, text) TO halo_cc;
