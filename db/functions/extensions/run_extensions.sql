CREATE OR REPLACE FUNCTION core.run_extensions(
    p_session_ids uuid[], OUT moved core.moved[], OUT events core.event[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_late timestamptz := clock_timestamp()
        - core.config_seconds('extension_settle_grace_seconds');
    v_extension core.session_extensions;
BEGIN
    FOR v_extension IN
        SELECT * FROM core.session_extensions
        WHERE session_id = ANY (p_session_ids) AND core.status_is(status, 'pending')
            AND expires_at <= v_late
        ORDER BY session_id
    LOOP
        moved := moved || ROW(v_extension.id, v_extension.expires_at)::core.moved;
        events := events || core.settle_overdue_extension(v_extension, false);
    END LOOP;
END
$$;

COMMENT ON FUNCTION core.run_extensions(uuid[]) IS $$
The work of run_due for the kind extension. An extension that no listener settled within
extension_settle_grace_seconds is settled as if the mitra were not reachable; nobody is charged on
a guess.
$$;
