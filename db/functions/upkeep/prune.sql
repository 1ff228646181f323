CREATE OR REPLACE FUNCTION api.prune(p_part text, p_limit integer)
RETURNS integer
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_pruning record;
    v_count integer;
BEGIN
    PERFORM core.require('part', p_part, 'limit', p_limit::text);
    SELECT * INTO v_pruning FROM core.prunings() AS pruning WHERE pruning.part = p_part;
    IF v_pruning.part IS NULL THEN
        PERFORM core.refuse_unknown('part');
    END IF;
    EXECUTE format('DELETE FROM core.%1$I WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM core.%1$I WHERE %2$s LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED))',
        v_pruning.relation, v_pruning.condition) USING clock_timestamp(), p_limit;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    RETURN v_count;
END
$$;

COMMENT ON FUNCTION api.prune(text, integer) IS $$
Deletes p_limit rows at most of a part (api.prune_parts) of what is needed no more, and returns how
many: idempotency keys after 24 hours, presences of sessions that ended, codes and logins past their
end, addresses that failed to log in after an hour, those that logged in after 90 days, failures of
what is not due any more, silences, dispatches of offers and proofs of presence after a day, records
of lateness and pushes after a week, records of the mitras that a wave left out after 30 days,
replays after as long, exports of one's own data a day after they were ready; figures of minutes
after 7 days, of hours after 90. Call it again until it deletes fewer. It waits for nobody.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.prune(text, integer) TO halo_listener;
