CREATE OR REPLACE FUNCTION core.settle_due(
    p_kind text, p_ids uuid[], OUT moved core.moved[], OUT failed uuid[])
LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    v_half integer := cardinality(p_ids) / 2;
    v_done record;
BEGIN
    -- All at once. What worked is no failure any more.
    CASE p_kind
        WHEN 'withdrawal' THEN v_done := core.run_withdrawals(p_ids);
        WHEN 'reroute' THEN v_done := core.run_reroutes(p_ids);
        WHEN 'absence' THEN v_done := core.run_absences(p_ids);
        WHEN 'offer' THEN v_done := core.run_offers(p_ids);
        WHEN 'silence' THEN v_done := core.run_silences(p_ids);
        WHEN 'pairing' THEN v_done := core.run_pairings(p_ids);
        WHEN 'payment' THEN v_done := core.run_payments(p_ids);
        WHEN 'delivery' THEN v_done := core.run_deliveries(p_ids);
        WHEN 'warning' THEN v_done := core.run_warnings(p_ids);
        WHEN 'first_reply' THEN v_done := core.run_first_replies(p_ids);
        WHEN 'expiry', 'closure' THEN v_done := core.settle_sessions(p_ids);
        WHEN 'extension' THEN v_done := core.run_extensions(p_ids);
    END CASE;
    PERFORM core.emit(v_done.events);
    DELETE FROM core.failed_deadlines AS former
    WHERE former.kind = p_kind AND former.id = ANY (p_ids);
    moved := coalesce(v_done.moved, '{}');
    failed := '{}';
EXCEPTION
    -- No row is to blame for these: another try helps, or nothing does.
    WHEN transaction_rollback OR lock_not_available OR insufficient_resources
        OR operator_intervention OR system_error OR read_only_sql_transaction
    THEN
        RAISE;
    -- OTHERS does not take query_canceled: a call that was cancelled must end, for nothing would
    -- cancel its halves again.
    WHEN OTHERS THEN
        IF p_ids = '{}' THEN
            RAISE;
        ELSIF v_half > 0 THEN
            -- Each half by itself, down to the row that is to blame.
            v_done := core.settle_due(p_kind, p_ids[:v_half]);
            SELECT v_done.moved || rest.moved, v_done.failed || rest.failed INTO moved, failed
            FROM core.settle_due(p_kind, p_ids[v_half + 1:]) AS rest;
        ELSE
            -- That row is left out: ten seconds at first, later for as long as it has failed.
            RAISE WARNING 'Due work of kind % cannot be done for %: %', p_kind, p_ids[1], SQLERRM;
            INSERT INTO core.failed_deadlines AS known (kind, id, error, again_at)
            VALUES (p_kind, p_ids[1], SQLERRM, clock_timestamp() + interval '10 seconds')
            ON CONFLICT ON CONSTRAINT failed_deadlines_pkey DO UPDATE
                SET failures = known.failures + 1, error = excluded.error,
                    failed_at = excluded.failed_at,
                    again_at = greatest(excluded.again_at, least(
                        excluded.failed_at + (excluded.failed_at - known.began_at),
                        excluded.failed_at + interval '10 minutes'));
            moved := '{}';
            failed := p_ids;
        END IF;
END
$$;

COMMENT ON FUNCTION core.settle_due(text, uuid[]) IS $$
Does due work of a kind for what core.find_due locked, and tells of it. When it fails, it is done
for each half by itself. What fails alone is named in a warning and left out, for ten seconds at
first, later for as long as it has failed, ten minutes at most. Returns what it moved and what
failed. Raises a failure for which no row is to blame.
$$;
