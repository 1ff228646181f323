CREATE OR REPLACE FUNCTION core.replay_apart(p_customer_id uuid, p_at timestamptz)
RETURNS uuid[]
LANGUAGE sql STABLE
AS $$
SELECT ARRAY(
    SELECT block.mitra_id FROM core.blocks AS block
    WHERE block.customer_id = core.person_of(p_customer_id) AND block.created_at < p_at
    UNION
    SELECT report.mitra_id FROM core.reports AS report
    WHERE report.party = 'customer' AND report.had_started AND report.created_at < p_at
        AND coalesce(report.decided_at, 'infinity') > p_at
    GROUP BY report.mitra_id
    HAVING core.is_held(count(DISTINCT core.person_of(report.customer_id))::integer))
$$;

COMMENT ON FUNCTION core.replay_apart(uuid, timestamptz) IS $$
The mitras that could get no offer of a customer at a time: kept apart by a block that still stands,
or held by reports.
$$;
