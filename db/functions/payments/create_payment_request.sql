CREATE OR REPLACE FUNCTION api.create_payment_request(
    p_customer_id uuid, p_package_id uuid, p_is_extension boolean DEFAULT false,
    p_session_id uuid DEFAULT NULL, p_anyone_available boolean DEFAULT NULL,
    p_provider text DEFAULT 'manual', p_use_credit boolean DEFAULT false,
    p_request_key text DEFAULT NULL, p_preferred_mitra_id uuid DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_package core.price_packages;
    v_payment core.payment_requests;
    v_discount boolean := false;
    v_price bigint;
    v_events core.event[];
BEGIN
    PERFORM core.require('package_id', p_package_id::text,
        'is_extension', p_is_extension::text, 'provider', p_provider,
        'use_credit', p_use_credit::text);
    IF p_provider NOT IN ('manual', 'xendit') THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'No such provider: ' || p_provider || '.', 'Use manual or xendit.', 'provider');
    END IF;

    -- Lock. This also settles last words whose grace is over: their session would stand in the
    -- way of a new session.
    PERFORM core.lock_customer(p_customer_id);
    v_events := core.lock_business(ARRAY[p_customer_id], '{}');

    -- Judge a repeat: what this very request bought from the balance is not bought again, as long
    -- as its Idempotency-Key lives.
    SELECT payment.* INTO v_payment
    FROM core.balance_entries AS entry
    JOIN core.payment_requests AS payment ON payment.id = entry.payment_request_id
    WHERE entry.customer_id = p_customer_id AND entry.request_key = p_request_key
        AND entry.created_at > clock_timestamp() - interval '24 hours';
    IF FOUND THEN
        PERFORM core.emit(v_events);
        RETURN core.payment_request_json(v_payment);
    END IF;

    -- Judge: do package and session go together? A price that is being changed is read as it was.
    SELECT * INTO v_package FROM core.price_packages WHERE id = p_package_id AND is_active;
    IF NOT FOUND THEN
        IF (core.newest_package(p_package_id)).is_active THEN
            PERFORM core.refuse_replaced(p_package_id);
        END IF;
        PERFORM core.refuse_unknown('package');
    ELSIF v_package.is_extension <> p_is_extension THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'The package and is_extension do not go together.',
            'Extensions are bought with extension packages, sessions with base packages.',
            'is_extension');
    ELSIF p_is_extension AND p_session_id IS NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'An extension needs the session it prolongs.', 'Give session_id.', 'session_id');
    ELSIF NOT p_is_extension AND p_session_id IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A new session has no session_id yet.', 'Leave session_id out.', 'session_id');
    ELSIF p_is_extension AND p_preferred_mitra_id IS NOT NULL THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'An extension stays with its mitra.', 'Leave preferred_mitra_id out.',
            'preferred_mitra_id');
    ELSIF p_preferred_mitra_id IS NOT NULL
        AND NOT core.has_served(p_preferred_mitra_id, p_customer_id)
    THEN
        PERFORM core.refuse_unknown('mitra of yours');
    END IF;

    -- Judge: may this customer buy it now? A package without a first-session price has null
    -- there, which makes the discount null: not given.
    IF p_is_extension THEN
        PERFORM core.require_party(p_session_id, 'customer', p_customer_id);
        IF (core.settled(core.read_session(p_session_id), clock_timestamp())).status
            NOT IN ('active', 'extending', 'closing')
        THEN
            PERFORM core.refuse('SESSION_NOT_ACTIVE',
                'Only a running session can be prolonged.', 'Pay for a new session.');
        END IF;
        PERFORM core.note_life(p_session_id, 'customer', p_customer_id);
    ELSE
        IF core.open_session_id(p_customer_id) IS NOT NULL THEN
            PERFORM core.refuse('SESSION_ALREADY_OPEN',
                'This customer has an open session.', 'Finish or cancel it first.');
        ELSIF NOT core.anyone_available(
            p_anyone_available, core.blocked_mitras(p_customer_id))
        THEN
            PERFORM core.refuse('NO_MITRA_AVAILABLE',
                'Nobody could answer right now.', 'Try again when the beacon shows somebody.');
        END IF;
        v_discount := v_package.first_session_price < v_package.price
            AND core.first_session_applies(p_customer_id);
    END IF;

    -- Write. The balance is used only when it covers the whole amount. The id is made first,
    -- because the manual provider's link contains it.
    v_price := CASE WHEN v_discount THEN v_package.first_session_price ELSE v_package.price END;
    IF p_use_credit AND core.balance(p_customer_id) >= v_price THEN
        p_provider := 'credit';
    END IF;
    v_payment.id := gen_random_uuid();
    INSERT INTO core.payment_requests (
        id, customer_id, package_id, session_id, duration_minutes, amount, is_extension,
        is_first_session_discount, provider, checkout_url, expires_at, preferred_mitra_id)
    VALUES (
        v_payment.id, p_customer_id, p_package_id, p_session_id, v_package.duration_minutes,
        v_price, p_is_extension, coalesce(v_discount, false), p_provider,
        CASE p_provider
            WHEN 'manual' THEN '/api/payment-requests/' || v_payment.id || '/confirm' END,
        clock_timestamp() + core.config_seconds('payment_request_ttl_seconds'),
        p_preferred_mitra_id)
    RETURNING * INTO v_payment;
    IF p_provider = 'credit' THEN
        v_events := core.pay_by_credit(v_payment, p_request_key) || v_events;
        SELECT * INTO v_payment FROM core.payment_requests WHERE id = v_payment.id;
    ELSIF p_provider = 'manual' AND NOT p_is_extension
        AND core.config_value('pairing_before_payment')::boolean
    THEN
        v_payment := core.begin_search(v_payment);
    END IF;
    IF p_is_extension THEN
        v_events := v_events || core.settled_if_free(p_session_id);
    END IF;
    PERFORM core.emit(v_events);
    RETURN core.payment_request_json(v_payment);
END
$$;

COMMENT ON FUNCTION api.create_payment_request(
    uuid, uuid, boolean, uuid, boolean, text, boolean, text, uuid)
IS $$
Asks a customer for the price of a package, or of an extension of p_session_id. Amount and minutes
come from the package; a first session may have its own price. p_anyone_available: whether Valkey
has a candidate; null = judged here. A mitra whom a block keeps from this customer does not count.
With pairing_before_payment the search begins at once and session_id is set. checkout_url: where to
pay; for the manual provider it is the route that confirms; another provider makes it later, and
api.attach_checkout writes it down and begins the search. With p_use_credit, and a balance that
covers the whole amount, the request is paid from the balance: confirmed at once, of provider
credit, without a link; its search begins, and the same p_request_key again within 24 hours gives
the same request. A smaller balance stays as it is, and the request is an ordinary one.
p_preferred_mitra_id: a mitra who served this customer, to whom the first wave goes alone, when
that mitra is available then. Returns the payment request.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, SESSION_ALREADY_OPEN 409, NO_MITRA_AVAILABLE 409,
SESSION_NOT_ACTIVE 409 (extension), PACKAGE_REPLACED 409 (the newer package can be bought).
Notifies: pairing, when the search begins at once; deadlines; events (payment_updated, when it is
paid from the balance; session_ended, when a session past its grace is settled first).
$$;
GRANT EXECUTE ON FUNCTION api.create_payment_request(
    uuid, uuid, boolean, uuid, boolean, text, boolean, text, uuid)
TO halo_app;
