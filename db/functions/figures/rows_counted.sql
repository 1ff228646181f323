CREATE OR REPLACE FUNCTION core.rows_counted(p_source text, p_from timestamptz, p_to timestamptz)
RETURNS TABLE (metric text, at timestamptz, bucket integer, value bigint)
LANGUAGE sql STABLE
AS $$
-- What was made in the range may be settled after it, and the other way round: rows are looked
-- for a little before the range, and what they count for is judged by its own time.
SELECT figure.metric, figure.at, figure.bucket, sum(figure.value)::bigint
FROM (
    SELECT figure.*
    FROM core.pairing_offers AS offer CROSS JOIN LATERAL core.offer_figures(offer) AS figure
    WHERE p_source = 'offers'
        AND offer.offered_at >= p_from - interval '1 day' AND offer.offered_at < p_to
    UNION ALL
    SELECT figure.*
    FROM core.chat_sessions AS session CROSS JOIN LATERAL core.session_figures(session) AS figure
    WHERE p_source = 'sessions'
        AND session.created_at >= p_from - interval '30 days' AND session.created_at < p_to
    UNION ALL
    SELECT figure.*
    FROM core.session_extensions AS extension
    CROSS JOIN LATERAL core.extension_figures(extension) AS figure
    WHERE p_source = 'extensions'
    UNION ALL
    SELECT figure.*
    FROM core.pairing_failures AS failure CROSS JOIN LATERAL core.failure_figures(failure) AS figure
    WHERE p_source = 'failures' AND failure.created_at >= p_from AND failure.created_at < p_to
    UNION ALL
    SELECT figure.*
    FROM core.customer_transactions AS entry
    CROSS JOIN LATERAL core.transaction_figures(entry) AS figure
    WHERE p_source = 'transactions' AND entry.created_at >= p_from AND entry.created_at < p_to
    UNION ALL
    SELECT figure.*
    FROM core.chat_messages AS message CROSS JOIN LATERAL core.message_figures(message) AS figure
    WHERE p_source = 'messages'
        AND message.session_day >= (p_from - interval '30 days')::date
        AND message.created_at >= p_from AND message.created_at < p_to
    UNION ALL
    -- Replies that are still awaited are counted when the next fold sees them.
    SELECT 'first_reply', date_trunc('minute', reply.at), core.bucket(reply.seconds), 1::bigint
    FROM core.pairing_offers AS won
    CROSS JOIN LATERAL core.first_reply(won.session_id, won.round) AS reply
    WHERE p_source = 'replies' AND won.status = 'accepted'
        AND won.offered_at >= p_from - interval '30 days' AND won.offered_at < p_to
        AND NOT EXISTS (
            SELECT FROM core.awaited_replies AS awaited
            WHERE awaited.session_id = won.session_id AND awaited.round = won.round)
    UNION ALL
    SELECT figure.*
    FROM core.deadline_runs AS run CROSS JOIN LATERAL core.lateness_figures(run) AS figure
    WHERE p_source = 'deadlines' AND run.at >= p_from AND run.at < p_to
) AS figure
WHERE figure.at >= p_from AND figure.at < p_to
GROUP BY figure.metric, figure.at, figure.bucket
$$;

COMMENT ON FUNCTION core.rows_counted(text, timestamptz, timestamptz) IS $$
What the rows of p_source count for, minute by minute, from p_from until before p_to. The sources
are those of core.figure_sources. It reads much: for counting again, by hand.
$$;
