-- transactional: false
-- depends: 0018.senders_and_service
-- Outside a transaction, and every statement can be run again: it may stop half way.
SET ROLE halo_owner;

-- A message id was unique per party: after a reroute the next mitra could not use one that the former had used.
DO $$
DECLARE
    v_constraint text;
BEGIN
    SELECT conname INTO v_constraint FROM pg_constraint
    WHERE conrelid = 'core.chat_messages'::regclass AND contype = 'u';
    IF FOUND THEN
        EXECUTE format('ALTER TABLE core.chat_messages DROP CONSTRAINT %I', v_constraint);
    END IF;
END
$$;

-- Until now the last release went on writing marks without their person: they are the present parties'.
DO $$
DECLARE
    v_after uuid := '00000000-0000-0000-0000-000000000000';
    v_ids uuid[];
BEGIN
    LOOP
        v_ids := ARRAY(
            SELECT mark.session_id FROM core.message_watermarks AS mark
            WHERE mark.session_id > v_after AND mark.user_id IS NULL ORDER BY mark.session_id LIMIT 5000);
        EXIT WHEN v_ids = '{}';
        UPDATE core.message_watermarks AS mark
        SET user_id = CASE mark.party WHEN 'customer' THEN session.customer_id ELSE session.mitra_id END
        FROM core.chat_sessions AS session
        WHERE mark.session_id = ANY (v_ids) AND mark.user_id IS NULL AND session.id = mark.session_id;
        v_after := v_ids[cardinality(v_ids)];
        COMMIT;
    END LOOP;
END
$$;

RESET ROLE;
