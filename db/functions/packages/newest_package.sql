CREATE OR REPLACE FUNCTION core.newest_package(p_package_id uuid)
RETURNS core.price_packages
LANGUAGE sql STABLE
AS $$
WITH RECURSIVE line AS (
    SELECT package, 1 AS place FROM core.price_packages AS package WHERE package.id = p_package_id
    UNION ALL
    SELECT next, line.place + 1
    FROM line JOIN core.price_packages AS next ON next.replaces = (line.package).id
)
SELECT (package).* FROM line ORDER BY place DESC LIMIT 1
$$;

COMMENT ON FUNCTION core.newest_package(uuid) IS $$
The package that stands for this one now: itself, or what replaced it last. Null for an unknown id.
$$;
