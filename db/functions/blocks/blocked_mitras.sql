CREATE OR REPLACE FUNCTION core.blocked_mitras(p_customer_id uuid)
RETURNS uuid[]
LANGUAGE sql STABLE
AS $$
SELECT ARRAY(
    SELECT DISTINCT block.mitra_id FROM core.blocks AS block
    WHERE block.customer_id = core.person_of(p_customer_id))
$$;

COMMENT ON FUNCTION core.blocked_mitras(uuid) IS $$
The mitras who must not meet a customer again, whoever of the two blocked the other. After a merge
they are those of the owner, for both accounts.
$$;
