CREATE VIEW ops.figure_metrics AS SELECT * FROM ops.figure_metrics();

COMMENT ON VIEW ops.figure_metrics IS $$
Every metric that api.figure_history gives: its unit and meaning, and whether it is a count, a
gauge, a share, or a quantile of times.
$$;
