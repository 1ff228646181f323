CREATE OR REPLACE FUNCTION core.push_data(p_payload jsonb, p_action text)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_object_agg(field.key, field.value)
FROM jsonb_each_text(p_payload || jsonb_build_object('action', p_action)) AS field (key, value)
WHERE field.value IS NOT NULL
$$;

COMMENT ON FUNCTION core.push_data(jsonb, text) IS $$
The data of a push: the frame's fields as texts, objects among them as JSON, nulls left out, and
the action that the app takes.
$$;
