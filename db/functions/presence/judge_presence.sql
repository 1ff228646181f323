CREATE OR REPLACE FUNCTION core.judge_presence(
    p_known core.session_presences, p_is_connected boolean, p_is_first_look boolean,
    p_absence_seconds interval, p_is_active boolean, p_last_life timestamptz,
    p_now timestamptz)
RETURNS core.session_presences
LANGUAGE plpgsql IMMUTABLE
AS $$
BEGIN
    IF p_is_connected THEN
        p_known.since := CASE p_known.state WHEN 'connected' THEN p_known.since ELSE p_now END;
        p_known.state := 'connected';

    -- Not known as gone: away, or gone when it was missed for long enough.
    ELSIF p_known.state IS DISTINCT FROM 'gone' OR p_is_first_look THEN
        p_known.since := CASE
            WHEN p_known.state = 'away' AND NOT p_is_first_look THEN p_known.since
            ELSE p_now END;
        p_known.state := CASE
            WHEN NOT p_is_active OR (p_absence_seconds > '0'
                AND greatest(p_known.since, p_last_life) <= p_now - p_absence_seconds) THEN 'gone'
            ELSE 'away' END;

    -- Gone, but alive again, without a socket.
    ELSIF p_is_active AND p_last_life > p_now - p_absence_seconds THEN
        p_known.state := 'away';
    END IF;
    RETURN p_known;
END
$$;

COMMENT ON FUNCTION core.judge_presence(
    core.session_presences, boolean, boolean, interval, boolean, timestamptz, timestamptz)
IS $$
A presence after a look at the leases. At a first look nobody is held to have been away before,
because nobody looked. A deactivated mitra without a socket is gone at once; with absence seconds
of 0 nobody else ever is gone. A sign of life without a socket (p_last_life) begins the absence
anew.
$$;
