CREATE OR REPLACE FUNCTION core.message_fault(p_client_message_id text, p_body text)
RETURNS text
LANGUAGE sql IMMUTABLE
AS $$
SELECT CASE
    WHEN p_client_message_id IS NULL OR length(p_client_message_id) NOT BETWEEN 1 AND 100
        THEN 'client_message_id'
    WHEN p_body IS NULL OR length(p_body) > 4000 OR core.is_blank(p_body) THEN 'body'
END
$$;

COMMENT ON FUNCTION core.message_fault(text, text) IS $$
Which part of a message is not as it must be: client_message_id or body; null when both are right.
$$;
