-- transactional: false
-- Every user has a stream from the first moment, so that due work can lock it, or pass over it, before the first write.
-- Outside a transaction, a batch a transaction, and it can be run again: it may stop half way.
SET ROLE halo_owner;
DO $$
DECLARE
    v_after uuid := '00000000-0000-0000-0000-000000000000';
    v_ids uuid[];
BEGIN
    LOOP
        v_ids := ARRAY(SELECT id FROM core.customers WHERE id > v_after ORDER BY id LIMIT 5000);
        EXIT WHEN v_ids = '{}';
        INSERT INTO core.event_streams (recipient, last_seq)
        SELECT 'customer:' || id, 0 FROM unnest(v_ids) AS id ON CONFLICT DO NOTHING;
        v_after := v_ids[cardinality(v_ids)];
        COMMIT;
    END LOOP;
END
$$;
-- Only where there is something to write: a statement of no rows calls triggers too, of a later release after a rollback.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM core.chat_sessions AS session JOIN core.session_reroutes AS reroute ON reroute.session_id = session.id
        WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment'))
    THEN
        UPDATE core.chat_sessions AS session SET search_began_at = (
            SELECT max(reroute.at) FROM core.session_reroutes AS reroute WHERE reroute.session_id = session.id)
        WHERE session.status IN ('searching', 'pending_acceptance', 'pending_payment') AND session.round > 1;
    END IF;
END
$$;
INSERT INTO core.event_streams (recipient, last_seq) SELECT 'mitra:' || id, 0 FROM core.mitras ON CONFLICT DO NOTHING;
COMMENT ON TABLE core.event_streams IS 'Hands out each recipient''s next seq under its row lock, so that numbers follow commits without gaps. Every user has one from the first moment.';
RESET ROLE;
