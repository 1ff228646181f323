-- A reseed has written everything: from now on the mirror is whole. ARGV: run id, leadership epoch, token,
-- 1 when the listener is well.

if superseded(ARGV[2]) then
    return not_leader()
end
if call('GET', BUILDING) ~= ARGV[1] .. ' ' .. ARGV[3] then
    return redis.error_reply('INTERRUPTED Valkey was emptied or replaced during the reseed')
end

if not is_whole() then               -- the auto-offline sweep asks for how long it is whole
    call('HSET', EPOCH, 'run_id', ARGV[1], 'whole_since', integer(NOW))
end
call('DEL', BUILDING)
remember('leader', ARGV[2], 'seeded_at', integer(NOW))
if ARGV[4] == '1' then
    call('SET', ALIVE, ARGV[2], 'PX', KEPT_MS)
end
local count = available()
refresh_snapshot(count)
return count
