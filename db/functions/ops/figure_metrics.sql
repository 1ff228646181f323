CREATE OR REPLACE FUNCTION ops.figure_metrics()
RETURNS TABLE (metric text, kind text, unit text, meaning text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS $$
SELECT known.metric, known.kind, known.unit, known.meaning FROM core.figure_metrics() AS known
$$;

COMMENT ON FUNCTION ops.figure_metrics() IS $$
The rows of the view ops.figure_metrics. Raises nothing.
$$;
