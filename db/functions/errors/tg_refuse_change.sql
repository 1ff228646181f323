CREATE OR REPLACE FUNCTION core.tg_refuse_change()
RETURNS trigger
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
BEGIN
    PERFORM core.refuse('INVALID_STATE', TG_ARGV[0], TG_ARGV[1]);
    RETURN NULL;
END
$$;

COMMENT ON FUNCTION core.tg_refuse_change() IS $$
For tables to which rows are only added: what is there stays as it is. The trigger's arguments are
the sentence for people, and what to do.
Raises: INVALID_STATE 409.
$$;
