CREATE OR REPLACE FUNCTION api.rate_session(
    p_session_id uuid, p_customer_id uuid, p_rating integer, p_comment text DEFAULT NULL)
RETURNS jsonb
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = ''
AS $$
DECLARE
    v_rating core.session_ratings;
BEGIN
    PERFORM core.require_party(p_session_id, 'customer', p_customer_id);
    p_comment := CASE WHEN NOT core.is_blank(p_comment) THEN btrim(p_comment, core.blanks()) END;
    IF p_rating IS NULL OR p_rating NOT BETWEEN 1 AND 5 THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A rating is a number from 1 to 5.', 'Give 1 to 5.', 'rating');
    ELSIF length(p_comment) > 1000 THEN
        PERFORM core.refuse('VALIDATION_ERROR',
            'A comment has at most 1,000 characters.', 'Shorten it.', 'comment');
    END IF;

    -- Judge as if what is due were settled: a session past its grace can be rated at once.
    PERFORM core.lock_for_command(ARRAY[p_session_id]);
    IF (core.settled(core.read_session(p_session_id), clock_timestamp())).status <> 'completed'
    THEN
        PERFORM core.refuse('INVALID_STATE',
            'Only a completed session is rated.', 'Rate it when it has ended.');
    END IF;

    -- Write. A rating that is there already stays.
    INSERT INTO core.session_ratings (session_id, rating, comment)
    VALUES (p_session_id, p_rating, p_comment)
    ON CONFLICT DO NOTHING
    RETURNING * INTO v_rating;
    IF v_rating.session_id IS NULL THEN
        PERFORM core.refuse('INVALID_STATE',
            'This session is rated already.', 'A rating is given once.');
    END IF;
    PERFORM core.settle_if_free(p_session_id);
    RETURN jsonb_build_object(
        'session_id', v_rating.session_id, 'rating', v_rating.rating,
        'comment', v_rating.comment, 'created_at', core.instant(v_rating.created_at));
END
$$;

COMMENT ON FUNCTION api.rate_session(uuid, uuid, integer, text) IS $$
What the customer thought of a completed session: 1 to 5 and a comment, once. Returns {session_id,
rating, comment, created_at}.
Raises: VALIDATION_ERROR 422, NOT_FOUND 404, INVALID_STATE 409 (not completed, or rated already).
Notifies: nothing; events (session_ended) for a session past its grace that nobody settled yet.
$$;
GRANT EXECUTE ON FUNCTION api.rate_session(uuid, uuid, integer, text) TO halo_app;
