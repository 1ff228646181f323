CREATE OR REPLACE FUNCTION core.refusals()
RETURNS TABLE (code text, status integer, meaning text)
LANGUAGE sql IMMUTABLE
AS $$
-- Each code has one status, wherever it is raised.
VALUES
    -- The request, and who makes it.
    ('VALIDATION_ERROR', 422, 'A value is missing, malformed or out of range; field names it.'),
    ('UNAUTHENTICATED', 401, 'No valid token.'),
    ('OTP_INVALID', 401, 'The code is wrong, too old, used up, or the phone is not known.'),
    ('FORBIDDEN', 403, 'The right party in the wrong role, or a permission that is missing.'),
    ('MITRA_DEACTIVATED', 403, 'The mitra was deactivated by the control centre.'),
    ('NOT_FOUND', 404, 'It does not exist, or not for you.'),

    -- What is there already.
    ('INVALID_STATE', 409, 'The state it is in does not allow this.'),
    ('SESSION_ALREADY_OPEN', 409, 'The customer has an open session, or money in one.'),
    ('SESSION_NOT_ACTIVE', 409, 'The session is not running.'),
    ('SESSION_PAUSED', 409, 'The session waits for the answer to an extension.'),
    ('MESSAGE_ID_REUSED', 409, 'The client_message_id was used before for another message.'),
    ('SECOND_USER_REQUIRED', 409,
        'Two users are needed, each of them active: one asks, another one confirms.'),
    ('EXTENSION_RESOLVED', 409, 'The extension is answered already, or was never asked for.'),
    ('FIRST_SESSION_DISCOUNT_NOT_ALLOWED', 400,
        'The first-session price is never for an extension.'),
    ('NO_MITRA_AVAILABLE', 409, 'Nobody could answer right now, so no money is asked for.'),
    ('NOT_ONLINE', 409, 'The mitra is not online.'),
    ('CAPACITY_FULL', 409, 'The mitra has no free slot.'),
    ('OFFER_TAKEN', 409, 'Another mitra accepted first.'),
    ('OFFER_EXPIRED', 409, 'The offer''s time is over.'),
    ('OFFER_GONE', 409, 'The offer was withdrawn, or declined by this mitra.'),
    ('PACKAGE_REPLACED', 409, 'A newer package stands for this one.'),
    ('IDEMPOTENCY_IN_PROGRESS', 409, 'The same request is still being worked on.'),
    ('VERSION_MISMATCH', 412, 'It was changed since it was read.'),
    ('IDEMPOTENCY_KEY_REUSED', 422, 'The key was used before with another body.'),
    ('RATE_LIMITED', 429, 'That was tried too often.')
$$;

COMMENT ON FUNCTION core.refusals() IS $$
Every code a function may refuse with, and its HTTP status. db/ERRORS.md is held against it.
$$;
