CREATE OR REPLACE FUNCTION core.tg_notify_due()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.due_at)) FROM new_rows;
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_notify_due() IS $$
For tables of due work: rows came that are due at due_at. Rings deadlines, when one is near.
$$;
