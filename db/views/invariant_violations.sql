CREATE VIEW ops.invariant_violations AS SELECT * FROM ops.invariant_violations();

COMMENT ON VIEW ops.invariant_violations IS $$
What must never be. Always empty; every fault test ends by reading it. It reads every row there is,
so it is not for a dashboard.
$$;
