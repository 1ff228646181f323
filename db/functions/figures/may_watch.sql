CREATE OR REPLACE FUNCTION core.may_watch(p_watcher text)
RETURNS boolean
LANGUAGE sql STABLE
AS $$
SELECT CASE split_part(p_watcher, ':', 1)
    WHEN 'cc' THEN core.may(split_part(p_watcher, ':', 2)::uuid, 'dashboard', 'read')
    ELSE false END
$$;

COMMENT ON FUNCTION core.may_watch(text) IS $$
Whether somebody may go on watching the figures. cc:<id> is a control centre user, who needs the
permission dashboard:read; anybody else may not.
$$;
