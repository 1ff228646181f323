-- transactional: false
-- squawk-ignore-file ban-concurrent-index-creation-in-transaction
-- depends: 0017.logins
-- Outside a transaction, and every statement can be run again: it may stop half way.
SET ROLE halo_owner;

-- A message id is unique per person: built partition by partition, so that no writer waits. Partitions made from now on
-- get it from the parent, whose own index has no rows.
-- squawk-ignore require-concurrent-index-creation
CREATE UNIQUE INDEX IF NOT EXISTS chat_messages_sender
    ON ONLY core.chat_messages (session_id, sender_id, client_message_id, session_day);

-- `migrate` runs each row as a statement; what half way stopped is made again. Nobody waits behind these locks, so they may
-- take long.
SET lock_timeout = '10min';
SELECT unnest(ARRAY[
    format('DROP INDEX CONCURRENTLY IF EXISTS core.%I', child.relname || '_sender'),
    format('CREATE UNIQUE INDEX CONCURRENTLY %I ON core.%I (session_id, sender_id, client_message_id, session_day)',
        child.relname || '_sender', child.relname)])
FROM pg_inherits AS link
INNER JOIN pg_class AS child ON link.inhrelid = child.oid
WHERE link.inhparent = 'core.chat_messages'::regclass
    AND NOT EXISTS (
        SELECT FROM pg_index AS index
        INNER JOIN pg_inherits AS attached ON index.indexrelid = attached.inhrelid
        WHERE index.indrelid = child.oid AND attached.inhparent = 'core.chat_messages_sender'::regclass)
ORDER BY child.relname;
SET lock_timeout = '5s';

-- Attached, which reads no rows. yoyo by itself ran no rows: then they are built here, while writers of that day wait.
DO $$
DECLARE
    v_partition text;
BEGIN
    FOREACH v_partition IN ARRAY ARRAY(
        SELECT child.relname::text
        FROM pg_inherits AS link JOIN pg_class AS child ON child.oid = link.inhrelid
        WHERE link.inhparent = 'core.chat_messages'::regclass ORDER BY 1)
    LOOP
        IF NOT EXISTS (
            SELECT FROM pg_index AS index JOIN pg_inherits AS attached ON attached.inhrelid = index.indexrelid
            WHERE index.indrelid = ('core.' || v_partition)::regclass
                AND attached.inhparent = 'core.chat_messages_sender'::regclass)
        THEN
            EXECUTE format('CREATE UNIQUE INDEX IF NOT EXISTS %I
                ON core.%I (session_id, sender_id, client_message_id, session_day)', v_partition || '_sender', v_partition);
            EXECUTE format('ALTER INDEX core.chat_messages_sender ATTACH PARTITION core.%I', v_partition || '_sender');
            COMMIT;
        END IF;
    END LOOP;
END
$$;

-- How far a party has received and read belongs to a person; what is there is the present parties'.
ALTER TABLE core.message_watermarks ADD COLUMN IF NOT EXISTS user_id uuid;
COMMENT ON COLUMN core.message_watermarks.user_id IS
'The person who received and read; after a reroute the next mitra begins anew. Null: written by the release before this column.';
DO $$
DECLARE
    v_after uuid := '00000000-0000-0000-0000-000000000000';
    v_ids uuid[];
BEGIN
    LOOP
        v_ids := ARRAY(
            SELECT mark.session_id FROM core.message_watermarks AS mark
            WHERE mark.session_id > v_after ORDER BY mark.session_id LIMIT 5000);
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

CREATE TABLE IF NOT EXISTS core.session_services (
    session_id uuid NOT NULL REFERENCES core.chat_sessions ON DELETE CASCADE,
    mitra_id uuid NOT NULL REFERENCES core.mitras,
    seconds integer NOT NULL CHECK (seconds >= 0),
    PRIMARY KEY (session_id, mitra_id)
);
COMMENT ON TABLE core.session_services IS
'How long each mitra served a session, pauses for extensions left out; written when a mitra leaves it and when it closes.';
CREATE INDEX IF NOT EXISTS session_services_of_mitra ON core.session_services (mitra_id);

-- A sign of life without a socket.
ALTER TABLE core.session_presences ADD COLUMN IF NOT EXISTS seen_at timestamptz;
COMMENT ON COLUMN core.session_presences.seen_at IS
'When the party, while it had no socket, last asked something about the session; noted at most every 15 seconds. Its messages count too.';

RESET ROLE;
