CREATE OR REPLACE FUNCTION core.require_second_user(
    p_first uuid, p_second uuid, p_first_may_have_left boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
    IF p_first IS NULL OR p_second IS NULL OR p_first = p_second
        OR NOT (p_first_may_have_left OR core.is_active_user(p_first))
        OR NOT core.is_active_user(p_second)
    THEN
        PERFORM core.refuse('SECOND_USER_REQUIRED',
            'Who asked for it and who confirms it are two users, both of them active.',
            'Let another user confirm it; if who asked has left, another user asks again first.');
    ELSIF EXISTS (
        SELECT FROM core.control_center_users
        WHERE password_set_by IS NOT NULL
            AND (id = p_second OR (id = p_first AND NOT p_first_may_have_left)))
    THEN
        PERFORM core.refuse('SECOND_USER_REQUIRED',
            'Another user reset the password of one of the two, and may know it.',
            'This one must first choose a password of their own.');
    END IF;
END
$$;

COMMENT ON FUNCTION core.require_second_user(uuid, uuid, boolean) IS $$
Passes when both control centre users are given, distinct and active, and no operator has reset the
password of one of them (a DBA may have): who took over an account in use could be both. The first
password, which comes with the user, is no reset. With p_first_may_have_left only the second is
judged, besides being another. To be judged under the lock of the row that names the first.
Raises: SECOND_USER_REQUIRED 409.
$$;
