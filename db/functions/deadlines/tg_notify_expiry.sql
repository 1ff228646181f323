CREATE OR REPLACE FUNCTION core.tg_notify_expiry()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.notify_if_near(min(new_rows.expires_at)) FROM new_rows
    WHERE new_rows.status = TG_ARGV[0];
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_notify_expiry() IS $$
For tables of what expires: rows came that end at expires_at, while they have the status of the
trigger's first argument. Rings deadlines, when one is near.
$$;
