CREATE OR REPLACE FUNCTION core.view_json(p_view core.saved_views)
RETURNS jsonb
LANGUAGE sql IMMUTABLE
AS $$
SELECT jsonb_build_object(
    'id', p_view.id,
    'screen', p_view.screen,
    'name', p_view.name,
    'query', p_view.query)
$$;

COMMENT ON FUNCTION core.view_json(core.saved_views) IS 'A saved view as its user sees it.';
