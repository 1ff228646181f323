-- depends: 0018.senders_and_service

SET LOCAL ROLE halo_owner;

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

RESET ROLE;
