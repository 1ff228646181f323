CREATE OR REPLACE FUNCTION api.deactivate_mitra(p_mitra_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_mitra core.mitras := core.lock_mitra(p_mitra_id);
    v_events core.event[];
BEGIN
    IF v_mitra.is_active THEN
        UPDATE core.mitras SET is_active = false WHERE id = p_mitra_id;
        v_events := core.set_offline(ARRAY[p_mitra_id], 'deactivated', p_actor_id);
        PERFORM core.withdraw_pushes('mitra', p_mitra_id);

        -- Offers and sessions are locked before mitras, so they are only made due here; run_due
        -- withdraws and reroutes them.
        PERFORM core.withdraw_mitras(ARRAY[p_mitra_id], 'deactivated');
        INSERT INTO core.mitra_reroutes (mitra_id)
        SELECT p_mitra_id
        WHERE core.config_text('deactivation_session_policy') = 'reroute'
            AND core.capacity(p_mitra_id) > 0;

        PERFORM core.log_mitra_status(
            ARRAY[p_mitra_id], 'deactivate', 'control_centre', p_actor_id);
        PERFORM core.audit(p_actor_id, 'mitra.deactivate', p_mitra_id::text,
            '{"is_active": true}', '{"is_active": false}');
        PERFORM core.emit(v_events || core.revoke_logins('mitra', p_mitra_id, 'deactivated'));
    END IF;
    PERFORM core.audit_reading(p_actor_id, p_mitra_id::text);
    RETURN core.mitra_json(p_mitra_id, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.deactivate_mitra(uuid, uuid) IS $$
Takes a mitra out of service in one transaction: inactive, offline, all logins revoked, its sockets
ordered closed, its live offers due for withdrawal, its queued pushes cancelled; nothing more is
pushed to it. Under the deactivation_session_policy finish its sessions go on; under reroute they
are due for another mitra at once. Repeating it changes nothing. Returns the mitra.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
Notifies: mitra_mirror, deadlines, events (status_changed, signed_out).
$$;
GRANT EXECUTE ON FUNCTION api.deactivate_mitra(uuid, uuid) TO halo_cc;
