CREATE OR REPLACE FUNCTION core.config_keys()
RETURNS TABLE (
    key text,
    type text,
    default_value jsonb,
    minimum integer,
    maximum integer,
    choices text[],
    description text
)
LANGUAGE sql IMMUTABLE
AS $$
VALUES
    -- Mitras: until when a mitra counts as present, and how much it may take on.
    ('heartbeat_stale_seconds', 'integer', '90'::jsonb, 1, 3600, NULL::text[],
        'A mitra whose last heartbeat is older is not available, and is set offline by the sweep.'),
    ('heartbeat_fallback_slack_seconds', 'integer', '60', 0, 3600, NULL,
        'Added to heartbeat_stale_seconds when freshness is judged from PostgreSQL, '
        || 'whose heartbeats are copied each minute.'),
    ('mass_silence_percent', 'integer', '50', 1, 100, NULL,
        'When more of the online mitras are silent, and at least five, '
        || 'nobody is set offline for it: the outage is ours.'),
    ('mitra_max_sessions', 'integer', '3', 1, 100, NULL,
        'Sessions a mitra may hold at a time, unless the mitra has a maximum of its own.'),
    ('missed_offers_before_offline', 'integer', '3', 1, 100, NULL,
        'Offers in a row that may expire in silence, with a free slot, '
        || 'before the mitra is set offline.'),
    ('reports_before_hold', 'integer', '3', 0, 100, NULL,
        'Open reports by so many customers hold a mitra from new offers; 0 = never.'),
    ('deactivation_session_policy', 'choice', '"finish"', NULL, NULL, '{finish,reroute}',
        'What becomes of a deactivated mitra''s running sessions.'),

    -- Money.
    ('payment_request_ttl_seconds', 'integer', '900', 1, 86400, NULL,
        'How long a payment link stays open.'),
    ('late_payment_policy', 'choice', '"revive"', NULL, NULL, '{revive,refund}',
        'Money paid after the link expired: revive the request, or keep it for refund.'),
    ('late_payment_revive_seconds', 'integer', '600', 0, 86400, NULL,
        'How late a payment may be and still revive its request.'),
    ('payment_delivery_seconds', 'integer', '300', 1, 86400, NULL,
        'How long confirmed money may wait for its session before it is owed back.'),
    ('mitra_share_percent', 'integer', '60', 0, 100, NULL,
        'How much of what a session keeps its mitras earn, unless the mitra has a share of '
        || 'its own; sessions that started keep theirs.'),

    -- Pairing.
    ('pairing_before_payment', 'boolean', 'false', NULL, NULL, NULL,
        'Search for a mitra as soon as payment is asked for, instead of when it is confirmed.'),
    ('blast_size', 'integer', '10', 1, 100, NULL, 'Offers in one wave, at most.'),
    ('offer_timeout_seconds', 'integer', '30', 1, 600, NULL, 'How long an offer may be accepted.'),
    ('pairing_timeout_seconds', 'integer', '120', 1, 3600, NULL,
        'How long a round of searching lasts.'),

    -- Sessions: their end, and absences.
    ('session_warning_seconds', 'integers', '[180, 60]', 1, 86400, NULL,
        'Seconds before the end at which both are warned.'),
    ('closure_grace_seconds', 'integer', '60', 0, 3600, NULL,
        'Time for last words after the clock has run out.'),
    ('customer_absence_seconds', 'integer', '120', 0, 3600, NULL,
        'A searching customer without a socket for so long has cancelled; 0 = never.'),
    ('first_reply_seconds', 'integer', '120', 0, 3600, NULL,
        'How long a mitra may be silent at the start of a session; 0 = for ever.'),
    ('mitra_absence_seconds', 'integer', '60', 0, 3600, NULL,
        'A mitra without a socket for so long in mid-session counts as gone; 0 = never.'),
    ('outage_credit_policy', 'choice', '"none"', NULL, NULL, '{none,credit}',
        'Whether time lost to an absent mitra is given back.'),

    -- Extensions.
    ('extension_timeout_seconds', 'integer', '60', 1, 3600, NULL,
        'How long a mitra has to answer an extension.'),
    ('extension_default_action_on_timeout', 'choice', '"auto_approve"', NULL, NULL,
        '{auto_approve,auto_reject}',
        'What silence means when an extension''s time is over.'),
    ('extension_settle_grace_seconds', 'integer', '10', 0, 600, NULL,
        'How long after its deadline an extension waits for a listener that can see sockets.'),

    -- Logins, and what is kept for how long.
    ('refresh_reuse_seconds', 'integer', '30', 0, 300, NULL,
        'How long a refresh token that comes again gets the same answer as before.'),
    ('event_retention_days', 'integer', '7', 1, 365, NULL, 'Days that events can be replayed.'),
    ('message_retention_days', 'integer', '365', 1, 3650, NULL,
        'Days that conversations are kept, counted from the day of their session.'),

    -- The business's own day.
    ('business_time_zone', 'time_zone', '"Asia/Jakarta"', NULL, NULL, NULL,
        'Where the day of figures and lists begins and ends: a time zone of IANA''s list.')
$$;

COMMENT ON FUNCTION core.config_keys() IS $$
The one list of configuration keys: type, default, range, choices, meaning. core.app_config holds
their values.
$$;
