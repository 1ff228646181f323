CREATE OR REPLACE FUNCTION core.tg_count_version()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    NEW.version := OLD.version + 1;
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION core.tg_count_version() IS $$
For tables of what operators edit: each change counts the row's version up by one. An update that
changes nothing leaves it. core.require_version compares it.
$$;
