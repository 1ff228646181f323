CREATE OR REPLACE FUNCTION core.block_json(p_block core.blocks)
RETURNS jsonb
LANGUAGE sql STABLE
AS $$
SELECT jsonb_build_object(
    'customer_id', p_block.customer_id,
    'mitra_id', p_block.mitra_id,
    'blocked_by', p_block.party,
    'session_id', p_block.session_id,
    'created_at', core.instant(p_block.created_at))
$$;

COMMENT ON FUNCTION core.block_json(core.blocks) IS 'A block, as the control centre sees it.';
