CREATE OR REPLACE FUNCTION core.expiry_locks()
RETURNS text[]
LANGUAGE sql STABLE
AS $$
SELECT '{parties,absences,slot}'::text[]
    || CASE core.config_text('outage_credit_policy') WHEN 'credit' THEN '{customer}'::text[] END
$$;

COMMENT ON FUNCTION core.expiry_locks() IS $$
What core.settle_sessions changes besides sessions whose clock has run out, as core.lock_whole takes
it. Time that is given back is an item of the customer's.
$$;
