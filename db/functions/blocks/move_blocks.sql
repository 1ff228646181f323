CREATE OR REPLACE FUNCTION core.move_blocks(p_from uuid, p_to uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    -- What came of its own sessions also follows a customer that was merged into another before;
    -- it stays with the other as well.
    INSERT INTO core.blocks (customer_id, mitra_id, party, session_id, created_at)
    SELECT p_to, block.mitra_id, block.party, block.session_id, block.created_at
    FROM core.blocks AS block
    JOIN core.chat_sessions AS session ON session.id = block.session_id
    WHERE block.customer_id = core.person_of(p_from) AND session.customer_id = p_from
    ON CONFLICT DO NOTHING;
    DELETE FROM core.blocks WHERE customer_id = p_from;
END
$$;

COMMENT ON FUNCTION core.move_blocks(uuid, uuid) IS $$
The blocks of and against a customer become those of the person into whom it is merged. The caller
has locked both, and then writes merged_into.
$$;
