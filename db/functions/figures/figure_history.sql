CREATE OR REPLACE FUNCTION api.figure_history(
    p_metric text, p_from_at timestamptz, p_to_at timestamptz, p_step text)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_known record;
    v_zone text := core.business_time_zone();
    v_step interval;
    v_kept_since timestamptz;
    v_items jsonb;
BEGIN
    -- Judge what is asked for.
    PERFORM core.require('metric', p_metric);
    PERFORM core.require('from_at', p_from_at::text);
    PERFORM core.require('to_at', p_to_at::text);
    PERFORM core.require('step', p_step);
    SELECT * INTO v_known FROM core.figure_metrics() AS known WHERE known.metric = p_metric;
    IF NOT FOUND THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'There is no such metric.',
            'Ask for one of: ' || (
                SELECT string_agg(known.metric, ', ') FROM core.figure_metrics() AS known) || '.',
            'metric');
    ELSIF p_step NOT IN ('minute', 'hour', 'day') THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'There is no such step.',
            'Ask for minute, hour or day.', 'step');
    END IF;
    v_step := ('1 ' || p_step)::interval;
    IF p_from_at >= p_to_at OR NOT isfinite(p_from_at) OR NOT isfinite(p_to_at) THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'from is not before to, or one of them is no moment.',
            'Give two moments, from before to.', 'from');
    ELSIF (p_to_at - p_from_at) > 2000 * v_step THEN
        PERFORM core.refuse('VALIDATION_ERROR', 'That would be more than 2,000 points.',
            'Ask for a shorter range, or for longer steps.', 'step');
    END IF;

    -- The steps that the range touches, up to now. Days begin at midnight of business.
    p_from_at := date_trunc(p_step, p_from_at, v_zone);
    p_to_at := least(p_to_at, clock_timestamp());
    v_kept_since := core.business_day(clock_timestamp()) - CASE p_step
        WHEN 'minute' THEN interval '7 days' WHEN 'hour' THEN interval '90 days' END;
    WITH point AS (
        SELECT CASE p_step WHEN 'day' THEN series.local AT TIME ZONE v_zone
            ELSE series.local AT TIME ZONE 'UTC' END AS at
        FROM generate_series(
            p_from_at AT TIME ZONE CASE p_step WHEN 'day' THEN v_zone ELSE 'UTC' END,
            (p_to_at AT TIME ZONE CASE p_step WHEN 'day' THEN v_zone ELSE 'UTC' END)
                - interval '1 microsecond', v_step) AS series (local)
    ), figure AS (
        SELECT known.metric, known.at, known.bucket, known.value, known.samples
        FROM core.figures AS known
        WHERE known.metric = ANY (v_known.counted || v_known.per)
            AND known.step = p_step AND known.at >= p_from_at AND known.at < p_to_at
        UNION ALL
        SELECT change.metric, date_trunc(p_step, change.at, v_zone), change.bucket, change.value, 0
        FROM core.figure_changes AS change
        WHERE change.metric = ANY (v_known.counted || v_known.per)
            AND change.at >= p_from_at AND change.at < p_to_at
    ), summed AS (
        SELECT figure.metric, figure.at, figure.bucket,
            sum(figure.value)::bigint AS value, sum(figure.samples)::integer AS samples
        FROM figure GROUP BY figure.metric, figure.at, figure.bucket
    )
    SELECT jsonb_agg(jsonb_build_object('at', core.instant(valued.at), 'value', valued.value)
        ORDER BY valued.at)
    INTO v_items
    FROM (
        SELECT point.at, CASE WHEN v_kept_since IS NULL OR point.at >= v_kept_since THEN
            core.figure_value(
                v_known.kind, v_known.counted, v_known.per, v_known.parameter,
                array_agg(summed.metric), array_agg(summed.bucket),
                array_agg(summed.value), array_agg(summed.samples)) END AS value
        FROM point LEFT JOIN summed ON summed.at = point.at
        GROUP BY point.at
    ) AS valued;

    RETURN jsonb_build_object(
        'metric', p_metric, 'unit', v_known.unit, 'meaning', v_known.meaning, 'step', p_step,
        'items', coalesce(v_items, '[]'));
END
$$;

COMMENT ON FUNCTION api.figure_history(text, timestamptz, timestamptz, text) IS $$
A metric of core.figure_metrics over time, exact up to this moment: one value for each p_step
(minute, hour or day of business) that the range touches, at most 2,000, each with the time at
which its step began. A count of nothing is 0; a gauge that was not sampled, a share of nothing and
a time of nothing are null, and so is what is no longer kept: minutes after 7 days, hours after 90.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.figure_history(text, timestamptz, timestamptz, text) TO halo_cc;
