CREATE OR REPLACE FUNCTION api.claim_pushes(p_limit integer DEFAULT 100)
RETURNS TABLE (
    push_id uuid, claim integer, user_type text, user_id uuid, token text, type text,
    is_urgent boolean, title text, body text, action text, data jsonb, collapse_key text,
    ttl_seconds integer, expires_at timestamptz, created_at timestamptz)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_ids uuid[];
BEGIN
    PERFORM core.require('limit', p_limit::text);

    -- Lock what is due and free.
    v_ids := ARRAY(
        SELECT push.id FROM core.pushes AS push
        WHERE push.settled_at IS NULL AND push.next_attempt_at <= v_now
        ORDER BY push.next_attempt_at LIMIT p_limit
        FOR NO KEY UPDATE SKIP LOCKED);

    -- Settle what need not be sent: it is over, or, when it is not urgent, the user has a
    -- socket of which Valkey knows nothing.
    v_now := clock_timestamp();
    UPDATE core.pushes AS push
    SET status = CASE
            WHEN push.attempts > 0 AND push.expires_at <= v_now THEN 'given_up'
            ELSE 'cancelled' END,
        settled_at = v_now
    WHERE push.id = ANY (v_ids) AND NOT core.push_is_live(push, v_now);
    UPDATE core.pushes AS push SET status = 'connected', settled_at = v_now
    WHERE push.id = ANY (v_ids) AND push.settled_at IS NULL
        AND push.type NOT IN ('pairing_offer', 'extension_request')
        AND core.has_unleased_socket(push.recipient);

    -- Claim the rest. A claim without a record is due again after 30 seconds.
    RETURN QUERY
    WITH claimed AS (
        UPDATE core.pushes AS push
        SET status = 'sending', claims = push.claims + 1,
            next_attempt_at = v_now + interval '30 seconds'
        WHERE push.id = ANY (v_ids) AND push.settled_at IS NULL
        RETURNING push.*
    )
    SELECT claimed.id, claimed.claims, known.user_type, known.user_id, claimed.token, claimed.type,
        claimed.type IN ('pairing_offer', 'extension_request'),
        core.fill_template(template.title, filled.values),
        core.fill_template(template.body, filled.values), template.action,
        core.push_data(claimed.payload, template.action), claimed.collapse_key,
        greatest(1, floor(extract(epoch FROM claimed.expires_at - v_now)))::integer,
        claimed.expires_at, claimed.created_at
    FROM claimed
    JOIN core.push_tokens AS known ON known.token = claimed.token
    LEFT JOIN core.customers AS customer
        ON known.user_type = 'customer' AND customer.id = known.user_id
    LEFT JOIN core.mitras AS mitra ON known.user_type = 'mitra' AND mitra.id = known.user_id
    JOIN core.message_templates AS template ON template.name = claimed.type
        AND template.locale = coalesce(customer.locale, mitra.locale)
    CROSS JOIN LATERAL (
        SELECT core.push_values(claimed::core.pushes, template.locale, v_now) AS values) AS filled;
END
$$;

COMMENT ON FUNCTION api.claim_pushes(integer) IS $$
Claims up to p_limit pushes that are due, longest due first, and returns what is to be sent: the
recipient, the device's token, texts in the recipient's language, the data, how many seconds it may
live. is_urgent: to be sent even when the leases can't be asked. A push whose offer, extension,
session or time is over is settled instead (cancelled, given_up), and so is a push that is not
urgent to a user whom api.note_connected named (connected). A claim lasts 30 seconds: record what
became of it by api.record_pushes, or it is due again. Rows that another caller claims are passed
over, so any number may run. A push is sent twice only when FCM's answer was lost, or when its
sender dies, or stalls for so long, between sending and recording.
Raises: VALIDATION_ERROR 422. Notifies: nothing.
$$;
GRANT EXECUTE ON FUNCTION api.claim_pushes(integer) TO halo_listener;
