CREATE OR REPLACE FUNCTION core.replay_runs()
RETURNS integer
LANGUAGE sql IMMUTABLE
AS $$
SELECT 3
$$;

COMMENT ON FUNCTION core.replay_runs() IS
'How often a replay runs each search, with other answers where none is recorded.';
