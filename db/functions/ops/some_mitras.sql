CREATE OR REPLACE FUNCTION core.some_mitras()
RETURNS SETOF uuid
LANGUAGE sql STABLE
AS $$
SELECT known.mitra_id
FROM (
    (SELECT status.mitra_id FROM core.mitra_online_status AS status
     WHERE status.is_online LIMIT 200)
    UNION ALL
    (SELECT status.mitra_id FROM core.mitra_online_status AS status
     WHERE NOT status.is_online LIMIT 200)
) AS known
LIMIT 200
$$;

COMMENT ON FUNCTION core.some_mitras() IS $$
Two hundred mitras, those online before the others: all there are, where there are no more.
$$;
