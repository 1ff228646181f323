CREATE OR REPLACE FUNCTION core.run_extensions(OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_late timestamptz := clock_timestamp() - core.config_seconds('extension_settle_grace_seconds');
    v_due CURSOR FOR
        SELECT session_id FROM core.session_extensions
            WHERE status = 'pending' AND expires_at <= v_late ORDER BY expires_at;
    v_sessions uuid[];
    v_extension core.session_extensions;
BEGIN
    OPEN v_due;
    v_sessions := core.lock_due(v_due, 1, '{parties,money,slot}');
    SELECT * INTO v_extension FROM core.session_extensions WHERE session_id = ANY (v_sessions) AND status = 'pending' AND expires_at <= v_late;
    IF FOUND THEN
        moved := ARRAY[ROW(v_extension.id, v_extension.expires_at)::core.moved];
        events := core.settle_overdue_extension(v_extension, false);
    END IF;
END
$$;

COMMENT ON FUNCTION core.run_extensions() IS
'run_due''s work of kind extension, one a call: what no listener settled within extension_settle_grace_seconds is settled as not reachable; nobody is charged on a guess.';
