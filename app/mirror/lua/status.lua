-- The mirror in figures. ARGV: run id. Returns {leader, whole since ms, seeded at ms, lag ms, mitras, online,
-- deactivated, available, lapsed, heartbeat_stale_ms}.

if not is_whole() then
    return not_whole()
end
local said = call('HMGET', EPOCH, 'leader', 'whole_since', 'seeded_at', 'lag_ms')
return {said[1], said[2], said[3], said[4] or '', call('HLEN', MITRAS), call('SCARD', ONLINE),
    call('SCARD', DEACTIVATED), available(), call('ZCARD', LAPSED), call('HGET', SETTINGS, 'heartbeat_stale_ms')}
