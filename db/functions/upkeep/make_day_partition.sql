CREATE OR REPLACE FUNCTION core.make_day_partition(p_parent text, p_day date)
RETURNS text
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_name text := p_parent || '_' || to_char(p_day, 'YYYYMMDD');
BEGIN
    IF to_regclass('core.' || v_name) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    -- One maker at a time. Only our functions can take this lock: an advisory lock, which any role
    -- may hold for ever, would let each role keep every process from starting.
    EXECUTE format('LOCK TABLE core.%I IN SHARE UPDATE EXCLUSIVE MODE', p_parent);
    IF to_regclass('core.' || v_name) IS NOT NULL THEN
        RETURN NULL;
    END IF;
    -- Made apart and attached, because to create it in place would lock out readers of the whole
    -- table.
    EXECUTE format(
        'CREATE TABLE core.%I (LIKE core.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)',
        v_name, p_parent);
    EXECUTE format(
        'ALTER TABLE core.%I ATTACH PARTITION core.%I FOR VALUES FROM (%L) TO (%L)',
        p_parent, v_name, p_day, p_day + 1);
    RETURN v_name;
END
$$;

COMMENT ON FUNCTION core.make_day_partition(text, date) IS $$
Makes the partition of a day of events or chat_messages. Returns its name, null when it was there.
$$;
