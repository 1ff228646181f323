CREATE OR REPLACE FUNCTION core.figure_total(p_metric text)
RETURNS bigint
LANGUAGE sql STABLE
AS $$
SELECT (coalesce(
    (SELECT sum(known.value) FROM core.figures AS known
     WHERE known.metric = p_metric AND known.step = 'ever'), 0)
    + coalesce(
    (SELECT sum(change.value) FROM core.figure_changes AS change
     WHERE change.metric = p_metric), 0))::bigint
$$;

COMMENT ON FUNCTION core.figure_total(text) IS $$
A count or a sum of all time: folded and not yet folded, so exact at any moment.
$$;
