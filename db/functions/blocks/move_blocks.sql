CREATE OR REPLACE FUNCTION core.move_blocks(p_from uuid, p_to uuid)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    INSERT INTO core.blocks (customer_id, mitra_id, party, session_id, created_at)
    SELECT p_to, block.mitra_id, block.party, block.session_id, block.created_at
    FROM core.blocks AS block WHERE block.customer_id = p_from
    ON CONFLICT DO NOTHING;
    DELETE FROM core.blocks WHERE customer_id = p_from;
END
$$;

COMMENT ON FUNCTION core.move_blocks(uuid, uuid) IS $$
The blocks of and against a customer become those of the customer into whom it is merged. The caller
has locked both.
$$;
