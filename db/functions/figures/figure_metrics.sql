CREATE OR REPLACE FUNCTION core.figure_metrics()
RETURNS TABLE (
    metric text, kind text, unit text, meaning text, counted text[], per text[], parameter float8)
LANGUAGE sql IMMUTABLE
AS $$
SELECT known.metric, known.kind, known.unit, known.meaning,
    known.counted::text[], known.per::text[], known.parameter
FROM (VALUES
    -- Gauges, sampled each minute; of longer steps the mean.
    ('online_mitras', 'gauge', 'mitras', 'Mitras online.', '{online_mitras}', '{}', NULL::float8),
    ('free_slots', 'gauge', 'slots', 'Free slots of mitras online.',
        '{free_slots}', '{}', NULL),
    ('waiting', 'gauge', 'requests', 'Requests that wait for a mitra.', '{waiting}', '{}', NULL),
    ('active_chats', 'gauge', 'sessions', 'Sessions that are active or wait for their payment.',
        '{active_chats}', '{}', NULL),
    ('mirror_lag', 'gauge', 'milliseconds', 'Time from a commit to Valkey, last measured.',
        '{mirror_lag}', '{}', NULL),

    -- Requests and how they were paired.
    ('requests', 'count', 'requests', 'Requests for a conversation.', '{requests}', '{}', 1),
    ('sensitive_requests', 'count', 'requests', 'Requests with a sensitive topic.',
        '{sensitive_requests}', '{}', 1),
    ('abandoned', 'count', 'requests', 'Requests cancelled while they waited.',
        '{abandoned}', '{}', 1),
    ('abandonment', 'share', 'percent', 'Requests cancelled while they waited, of all requests.',
        '{abandoned}', '{requests}', NULL),
    ('pairing_wait_p50', 'quantile', 'seconds', 'Half of the waits for an accept were as short.',
        '{pairing_wait}', '{}', 0.5),
    ('pairing_wait_p95', 'quantile', 'seconds', '95 % of the waits for an accept were as short.',
        '{pairing_wait}', '{}', 0.95),
    ('failures_no_mitra_available', 'count', 'searches', 'Searches that failed without an offer.',
        '{failures_no_mitra_available}', '{}', 1),
    ('failures_not_accepted', 'count', 'searches', 'Searches that failed with offers unaccepted.',
        '{failures_not_accepted}', '{}', 1),

    -- Offers. Mitras could not answer those that were rescinded or cancelled.
    ('offers', 'count', 'offers', 'Offers sent.', '{offers}', '{}', 1),
    ('offers_accepted', 'count', 'offers', 'Offers accepted.', '{offers_accepted}', '{}', 1),
    ('offers_declined', 'count', 'offers', 'Offers declined.', '{offers_declined}', '{}', 1),
    ('offers_expired', 'count', 'offers', 'Offers not answered.', '{offers_expired}', '{}', 1),
    ('offers_rescinded', 'count', 'offers', 'Offers that another mitra won.',
        '{offers_rescinded}', '{}', 1),
    ('offers_cancelled', 'count', 'offers', 'Offers withdrawn.', '{offers_cancelled}', '{}', 1),
    ('acceptance', 'share', 'percent', 'Accepted, of the offers accepted, declined or ignored.',
        '{offers_accepted}', '{offers_accepted,offers_declined,offers_expired}', NULL),
    ('answer_time_p50', 'quantile', 'seconds', 'Half of the answers to offers came as soon.',
        '{answer_time}', '{}', 0.5),
    ('answer_time_p95', 'quantile', 'seconds', '95 % of the answers to offers came as soon.',
        '{answer_time}', '{}', 0.95),
    ('answered_within_10s', 'within', 'percent', 'Offers answered within 10 s, of those to answer.',
        '{answer_time}', '{offers_accepted,offers_declined,offers_expired}', 10),
    ('answered_within_20s', 'within', 'percent', 'Offers answered within 20 s, of those to answer.',
        '{answer_time}', '{offers_accepted,offers_declined,offers_expired}', 20),
    ('answered_within_30s', 'within', 'percent', 'Offers answered within 30 s, of those to answer.',
        '{answer_time}', '{offers_accepted,offers_declined,offers_expired}', 30),

    -- Sessions.
    ('sessions', 'count', 'sessions', 'Sessions that started.', '{sessions}', '{}', 1),
    ('used_minutes', 'count', 'minutes', 'Bought minutes used, when their session ended.',
        '{used_seconds}', '{}', 60),
    ('messages', 'count', 'messages', 'Messages written.', '{messages}', '{}', 1),
    ('first_reply_p50', 'quantile', 'seconds', 'Half of the first replies of mitras came as soon.',
        '{first_reply}', '{}', 0.5),
    ('first_reply_p95', 'quantile', 'seconds', '95 % of the first replies of mitras came as soon.',
        '{first_reply}', '{}', 0.95),
    ('first_replies_overdue', 'count', 'sessions', 'Mitras who did not write in time.',
        '{failures_first_reply_overdue}', '{}', 1),
    ('extensions', 'count', 'extensions', 'Extensions asked for.', '{extensions}', '{}', 1),
    ('extensions_approved', 'count', 'extensions', 'Extensions approved, by silence too.',
        '{extensions_accepted}', '{}', 1),
    ('extensions_rejected', 'count', 'extensions', 'Extensions rejected.',
        '{extensions_rejected}', '{}', 1),
    ('extensions_timed_out', 'count', 'extensions', 'Extensions not answered, and not charged.',
        '{extensions_timeout}', '{}', 1),
    ('extensions_safeguarded', 'count', 'extensions', 'Extensions whose mitra was not there.',
        '{failures_extension_safeguard_tripped}', '{}', 1),

    -- Money and machinery.
    ('revenue', 'count', 'rupiah', 'What customers were charged.', '{revenue}', '{}', 1),
    ('refunds', 'count', 'rupiah', 'What was paid back.', '{refunds}', '{}', 1),
    ('deadline_lateness_p50', 'quantile', 'seconds', 'Half of what was due was settled as soon.',
        '{deadline_lateness}', '{}', 0.5),
    ('deadline_lateness_p95', 'quantile', 'seconds', '95 % of what was due was settled as soon.',
        '{deadline_lateness}', '{}', 0.95)
) AS known (metric, kind, unit, meaning, counted, per, parameter)
$$;

COMMENT ON FUNCTION core.figure_metrics() IS $$
Every metric that the control centre shows: its name, unit and meaning, and how core.figure_value
makes it of what core.figures counts. kind count: the sum of counted, divided by parameter; share:
counted in percent of per; within: how many times of the histogram counted are below parameter
seconds, in percent of per; quantile: the time below which the fraction parameter of the histogram
counted lies; gauge: the mean of the samples.
$$;
