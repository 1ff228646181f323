CREATE OR REPLACE FUNCTION core.slice_end(p_part text, p_from text, p_rows integer)
RETURNS text
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v_from_at timestamptz;
    v_from_id uuid;
BEGIN
    -- The end is after the beginning, so that the check goes on also where more than p_rows rows
    -- are of one time.
    CASE p_part
        WHEN 'people' THEN
            v_from_id := coalesce(p_from::uuid, '00000000-0000-0000-0000-000000000000');
            RETURN (
                SELECT next.id
                FROM (
                    (SELECT mitra.id FROM core.mitras AS mitra
                     WHERE mitra.id > v_from_id ORDER BY mitra.id OFFSET p_rows LIMIT 1)
                    UNION ALL
                    (SELECT entry.customer_id FROM core.balance_entries AS entry
                     WHERE entry.customer_id > v_from_id
                     ORDER BY entry.customer_id OFFSET p_rows LIMIT 1)
                ) AS next ORDER BY next.id LIMIT 1);
        WHEN 'streams' THEN
            -- by the events that they should have
            RETURN (
                SELECT walked.recipient
                FROM (
                    SELECT stream.recipient, sum(1 + stream.last_seq - stream.floor_seq)
                        OVER (ORDER BY stream.recipient) AS events
                    FROM core.event_streams AS stream
                    WHERE stream.recipient >= coalesce(p_from, '')
                    ORDER BY stream.recipient LIMIT p_rows + 1
                ) AS walked
                WHERE walked.events > p_rows AND walked.recipient > coalesce(p_from, '')
                ORDER BY walked.recipient LIMIT 1);
        WHEN 'times' THEN
            v_from_at := coalesce(p_from::timestamptz, '-infinity');
            RETURN (
                SELECT core.instant(min(next.at))
                FROM (
                    (SELECT session.created_at AS at FROM core.chat_sessions AS session
                     WHERE session.created_at > v_from_at
                     ORDER BY session.created_at OFFSET p_rows LIMIT 1)
                    UNION ALL
                    (SELECT payment.created_at FROM core.payment_requests AS payment
                     WHERE payment.created_at > v_from_at
                     ORDER BY payment.created_at OFFSET p_rows LIMIT 1)
                    UNION ALL
                    (SELECT entry.created_at FROM core.customer_transactions AS entry
                     WHERE entry.created_at > v_from_at
                     ORDER BY entry.created_at OFFSET p_rows LIMIT 1)
                    UNION ALL
                    -- with many earnings each
                    (SELECT payout.created_at FROM core.payouts AS payout
                     WHERE payout.created_at > v_from_at
                     ORDER BY payout.created_at OFFSET p_rows / 30 LIMIT 1)
                ) AS next);
        ELSE RETURN NULL;
    END CASE;
END
$$;

COMMENT ON FUNCTION core.slice_end(text, text, integer) IS $$
Before what the slice of a part (core.wrong_slice) ends that begins at p_from: it has about p_rows
rows of each table, a thirtieth of them where each has many, or p_rows events. Null for the last
slice.
$$;
