CREATE OR REPLACE FUNCTION api.check_invariants(
    p_limit integer DEFAULT 100, p_cursor text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_began timestamptz := clock_timestamp();
    v_parts text[] := core.checked_parts();
    v_pace record;
    v_place record;
    v_until text;
    v_room integer;
    v_found jsonb[];
    v_items jsonb[] := ARRAY[]::jsonb[];
BEGIN
    PERFORM core.require_page(p_limit);
    SELECT * INTO v_pace FROM core.check_pace();
    SELECT * INTO v_place FROM core.check_place(p_cursor);

    LOOP
        -- A slice is judged in one statement, so all of it is of one moment.
        v_until := core.slice_end(v_place.part, v_place.key, v_pace.slice_rows);
        v_room := p_limit - cardinality(v_items);
        v_found := ARRAY(
            SELECT jsonb_build_object(
                'invariant', violation.invariant,
                'subject', violation.subject,
                'details', violation.details)
            FROM core.wrong_slice(v_place.part, v_place.key, v_until) AS violation
            ORDER BY violation.invariant, violation.subject, violation.details
            OFFSET v_place.told LIMIT v_room + 1);
        v_items := v_items || v_found[:v_room];

        -- Go on in the same slice when it has more than the page has room for, else in the next.
        IF cardinality(v_found) > v_room THEN
            v_place.told := v_place.told + v_room;
            EXIT;
        END IF;
        v_place.told := 0;
        v_place.key := v_until;
        IF v_until IS NULL THEN
            v_place.part := v_parts[array_position(v_parts, v_place.part) + 1];
        END IF;
        EXIT WHEN v_place.part IS NULL OR cardinality(v_items) = p_limit
            OR clock_timestamp() - v_began >= v_pace.work;
    END LOOP;

    RETURN jsonb_build_object(
        'items', (SELECT coalesce(jsonb_agg(item), '[]') FROM unnest(v_items) AS item),
        'next_cursor', CASE WHEN v_place.part IS NOT NULL THEN core.cursor(
            v_place.part, coalesce(v_place.key, '-'), v_place.told::text) END,
        'checked_to', CASE WHEN v_place.part = 'times' THEN v_place.key END,
        'server_time', core.instant(clock_timestamp()));
END
$$;

COMMENT ON FUNCTION api.check_invariants(integer, text) IS $$
{items, next_cursor, checked_to, server_time}: the rules that do not hold, p_limit (1 to 200) at
most, each as ops.invariant_violations says it. It judges slice after slice for two seconds
(core.check_pace); then next_cursor says where to go on, and is null when everything was judged:
all is well when no page has had items. checked_to: what was made before this time was judged;
null where the check has not come to it, and at the end. Each slice is judged as it is at its own
moment.
Raises: VALIDATION_ERROR 422.
$$;
GRANT EXECUTE ON FUNCTION api.check_invariants(integer, text) TO halo_cc, halo_listener;
