CREATE OR REPLACE FUNCTION core.drop_messages(p_partition text)
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    EXECUTE format('DROP TABLE core.%I', p_partition);
    RETURN 'dropped ' || p_partition;
EXCEPTION WHEN lock_not_available THEN
    RETURN 'left ' || p_partition || ', which is busy';
END
$$;

COMMENT ON FUNCTION core.drop_messages(text) IS
'Drops the conversations of one day. Returns what it did.';
