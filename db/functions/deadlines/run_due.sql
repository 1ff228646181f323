CREATE OR REPLACE FUNCTION api.run_due(p_limit integer DEFAULT 200, p_passed integer DEFAULT 0)
RETURNS TABLE (kind text, id uuid, due_at timestamptz, fired_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_kind text;
    v_done record;
    v_fired timestamptz;
    v_failure text;
BEGIN
    PERFORM core.require('limit', p_limit::text);
    PERFORM core.require('passed', p_passed::text);
    FOR v_kind IN
        SELECT nearest.kind FROM core.deadlines(clock_timestamp()) AS nearest
        WHERE nearest.due_at IS NOT NULL
        ORDER BY nearest.due_at, nearest.kind OFFSET p_passed
    LOOP
        BEGIN
            -- Again while everything that was found has failed: it is left out from now on, and
            -- there may be more behind it. One extension a call: the function that settles it
            -- writes its session, and a call changes chat_sessions in one statement.
            LOOP
                v_done := core.settle_due(v_kind, core.find_due(v_kind,
                    CASE v_kind WHEN 'extension' THEN 1 ELSE p_limit END));
                EXIT WHEN v_done.moved <> '{}' OR v_done.failed = '{}';
            END LOOP;

            -- One kind a call: write down how late it was, and say what moved.
            IF v_done.moved <> '{}' THEN
                v_fired := clock_timestamp();
                INSERT INTO core.deadline_runs (kind, at, lateness_ms)
                SELECT v_kind, v_fired,
                    array_agg(extract(epoch FROM v_fired - done.due_at) * 1000)
                FROM unnest(v_done.moved) AS done;
                RETURN QUERY
                SELECT v_kind, done.id, done.due_at, v_fired FROM unnest(v_done.moved) AS done;
                RETURN;
            END IF;
        EXCEPTION
            WHEN deadlock_detected OR serialization_failure THEN
                RAISE;
            -- A kind that fails must not hold up the deadlines of every other kind.
            WHEN OTHERS THEN
                v_failure := format('Deadlines of kind %s cannot be settled: %s', v_kind, SQLERRM);
                RAISE WARNING '%', v_failure;
                CONTINUE;
        END;
    END LOOP;
    IF v_failure IS NOT NULL THEN
        RAISE EXCEPTION '%', v_failure;
    END IF;
END
$$;

COMMENT ON FUNCTION api.run_due(integer, integer) IS $$
Moves what is due, p_limit rows of the kind that is longest overdue, and returns what it moved;
call it again until it returns nothing. p_passed: how many kinds that are due to pass over, longest
overdue first, because their work lasted longer than statement_timeout, which ends the whole call.
Kinds: withdrawal (id = offer) and reroute (id = session), or the mitra (id) when it had none left;
offer, payment, extension (one a call); pairing, absence, expiry, closure, warning, first_reply (id
= session);
silence (id = mitra), of offers that expired. It waits for nobody: what has a busy row is passed
over and hides nothing behind it, so any number of callers may run it. The database's clock alone
judges. What fails is named in a warning and left out for a while (ops.failed_deadlines). When no
row is to blame, the kind warns, and the next kind has its turn; it raises only when nothing else
could be moved.
Raises: VALIDATION_ERROR 422.
Notifies: mitra_mirror, pairing, deadlines, events (offer_expired, offer_cancelled, status_changed,
pairing_failed, payment_updated, session_warning, session_closing, session_ended, session_rerouted,
extension_response, session_resumed, first_reply_reminder, first_reply_overdue).
$$;
GRANT EXECUTE ON FUNCTION api.run_due(integer, integer) TO halo_app, halo_listener, halo_cc;
