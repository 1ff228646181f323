-- Who is online and could take a session: psql <address> -f db/psql/who_is_online.sql
SELECT display_name, available, capacity || ' of ' || max_sessions AS slots,
    date_trunc('second', clock_timestamp() - last_heartbeat_at) AS heartbeat_age,
    date_trunc('second', clock_timestamp() - idle_since) AS idle_for, missed_offers
FROM ops.mitra_availability
WHERE is_online
ORDER BY available DESC, capacity, idle_since;
