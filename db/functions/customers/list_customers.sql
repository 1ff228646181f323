CREATE OR REPLACE FUNCTION api.list_customers(
    p_is_anonymous boolean DEFAULT NULL,
    p_is_deleted boolean DEFAULT NULL,
    p_from_at timestamptz DEFAULT NULL,
    p_to_at timestamptz DEFAULT NULL,
    p_limit integer DEFAULT 50,
    p_cursor text DEFAULT NULL,
    p_actor_id uuid DEFAULT NULL,
    p_q text DEFAULT NULL,
    p_with_phones boolean DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_before text[];
    v_customers core.customers[];
    v_ids uuid[];
    v_like uuid[];
    v_reader uuid := core.phone_reader(p_actor_id, p_with_phones);
BEGIN
    PERFORM core.require_page(p_limit);
    v_like := core.ids_sought(p_q, 'A customer is found by the beginning of the id.',
        'Give its first 8 characters or more, or look for the phone.');
    v_before := core.cursor_key(p_cursor, 'time', 'uuid');

    -- Find a page and one row more: the row says that there is a next page.
    v_customers := ARRAY(
        SELECT customer FROM core.customers AS customer
        WHERE (p_is_anonymous IS DISTINCT FROM true OR customer.is_anonymous)
            AND (p_is_anonymous IS DISTINCT FROM false OR NOT customer.is_anonymous)
            AND (p_is_deleted IS DISTINCT FROM true OR customer.deleted_at IS NOT NULL)
            AND (p_is_deleted IS DISTINCT FROM false OR customer.deleted_at IS NULL)
            AND (p_from_at IS NULL OR customer.created_at >= p_from_at)
            AND (p_to_at IS NULL OR customer.created_at < p_to_at)
            AND (v_like IS NULL OR customer.id BETWEEN v_like[1] AND v_like[2])
            AND (v_before IS NULL
                OR (customer.created_at, customer.id)
                    < (v_before[1]::timestamptz, v_before[2]::uuid))
        ORDER BY customer.created_at DESC, customer.id DESC LIMIT p_limit + 1);
    v_ids := ARRAY(SELECT (customer).id FROM unnest(v_customers[1:p_limit]) AS customer);
    PERFORM core.audit_reading(v_reader, 'customers', v_ids);

    RETURN jsonb_build_object(
        'items', coalesce((
            SELECT jsonb_agg(listed.shown
                ORDER BY (listed.customer).created_at DESC, (listed.customer).id DESC)
            FROM core.shown_customers(v_ids, v_reader) AS listed), '[]'),
        'next_cursor', CASE WHEN cardinality(v_customers) > p_limit THEN core.cursor(
            core.instant((v_customers[p_limit]).created_at),
            (v_customers[p_limit]).id::text) END);
END
$$;

COMMENT ON FUNCTION api.list_customers(
    boolean, boolean, timestamptz, timestamptz, integer, text, uuid, text, boolean) IS $$
{items, next_cursor}: customers who came from p_from_at to before p_to_at, newest first, p_limit (1
to 200) a page: anonymous ones or the others, deleted ones or the others, those of whose id p_q is
the beginning (core.ids_sought), or all. Phones are masked for an actor without pii:read, and for
everybody when p_with_phones is false; showing them is written into the audit log.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.list_customers(
    boolean, boolean, timestamptz, timestamptz, integer, text, uuid, text, boolean) TO halo_cc;
