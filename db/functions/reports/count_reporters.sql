CREATE OR REPLACE FUNCTION core.count_reporters(p_mitra_id uuid)
RETURNS integer
LANGUAGE sql STABLE
AS $$
SELECT count(DISTINCT core.person_of(report.customer_id))::integer FROM core.reports AS report
WHERE report.mitra_id = p_mitra_id AND report.party = 'customer' AND report.status = 'open'
    AND report.had_started
$$;

COMMENT ON FUNCTION core.count_reporters(uuid) IS $$
How many people have an open report, as customers, against a mitra of a session that had started.
Accounts that were merged are one person.
$$;
