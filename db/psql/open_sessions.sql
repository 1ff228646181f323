-- What is going on right now: psql <address> -f db/psql/open_sessions.sql
SELECT
    session_id, status, mitra, date_trunc('second', age) AS age,
    live_offers, round(seconds_left) AS seconds_left, payment_status
FROM ops.open_sessions;
