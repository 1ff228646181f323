CREATE OR REPLACE FUNCTION api.find_package(p_package_id uuid)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_newest core.price_packages;
    v_package core.price_packages;
BEGIN
    PERFORM core.require('package_id', p_package_id::text);
    SELECT * INTO v_package FROM core.price_packages WHERE id = p_package_id;
    IF NOT FOUND THEN
        PERFORM core.refuse_unknown('package');
    END IF;
    v_newest := core.newest_package(p_package_id);

    -- Its line, from the newest back: each replaced the next.
    RETURN core.package_details_json(v_package) || jsonb_build_object('versions', (
        WITH RECURSIVE line AS (
            SELECT package, 1 AS place FROM core.price_packages AS package
            WHERE package.id = v_newest.id
            UNION ALL
            SELECT earlier, line.place + 1
            FROM line JOIN core.price_packages AS earlier ON earlier.id = (line.package).replaces
        )
        SELECT jsonb_agg(
            core.package_details_json(line.package)
                || jsonb_build_object('made_by', made.actor, 'reason', made.reason)
            ORDER BY line.place)
        FROM line
        LEFT JOIN LATERAL (
            SELECT entry.actor, entry.reason FROM core.audit_log AS entry
            WHERE entry.subject = (line.package).id::text
                AND entry.action IN ('package.create', 'package.replace')
            ORDER BY entry.at LIMIT 1
        ) AS made ON true));
END
$$;

COMMENT ON FUNCTION api.find_package(uuid) IS $$
A package as the control centre sees it, and versions: all of its line, newest first, itself among
them, each with made_by and reason, null when the audit log has no entry.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404.
$$;
GRANT EXECUTE ON FUNCTION api.find_package(uuid) TO halo_cc;
