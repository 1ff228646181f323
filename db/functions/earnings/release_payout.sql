CREATE OR REPLACE FUNCTION api.release_payout(p_payout_id uuid, p_actor_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_payout core.payouts := core.lock_payout(p_payout_id);
BEGIN
    IF v_payout.status NOT IN ('open', 'held') THEN
        PERFORM core.refuse('INVALID_STATE',
            'A payout that is ' || v_payout.status || ' can''t be released.',
            'Only a held or an open payout can.');
    END IF;

    -- Who releases it answers for it from now on. An open payout keeps its first user, unless that
    -- user has left or there was none.
    IF p_actor_id IS NOT NULL
        AND (v_payout.status = 'held' OR NOT core.is_active_user(v_payout.actor_id))
    THEN
        v_payout.actor_id := p_actor_id;
    END IF;
    v_payout.status := 'open';
    v_payout.reason := NULL;
    RETURN core.change_payout(v_payout, p_actor_id);
END
$$;

COMMENT ON FUNCTION api.release_payout(uuid, uuid) IS $$
A held payout may be paid, and p_actor_id is its first user now; so is who releases an open payout
whose first user has left, or which a DBA made. Of any other open payout nothing changes. Returns
the payout.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.release_payout(uuid, uuid) TO halo_cc;
