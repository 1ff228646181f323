CREATE VIEW ops.failed_deadlines AS
SELECT kind, id, failures, began_at, failed_at, again_at, error FROM core.failed_deadlines
ORDER BY began_at, kind, id;

COMMENT ON VIEW ops.failed_deadlines IS $$
Due work that failed, longest first: kind and id, how often in a row, since when, when it is tried
again, and why. Other work of its kind goes on meanwhile. Empty when all is well.
$$;
