CREATE OR REPLACE FUNCTION core.wrong_work()
RETURNS TABLE (invariant text, subject text, details text)
LANGUAGE sql STABLE
AS $$
SELECT 'a replaced package can not be bought', package.id::text, package.name
FROM core.price_packages AS package
JOIN core.price_packages AS next ON next.replaces = package.id
WHERE package.is_active
UNION ALL
-- Due work: a failure is tried again, and stands here until it succeeds.
SELECT 'no due work fails', failed.id::text, format('%s: %s', failed.kind, failed.error)
FROM core.failed_deadlines AS failed
$$;

COMMENT ON FUNCTION core.wrong_work() IS $$
What must never be, of packages, and of due work that fails.
$$;
