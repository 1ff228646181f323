-- A reseed begins. ARGV: run id, leadership epoch, token, heartbeat_stale_seconds,
-- heartbeat_fallback_slack_seconds.
-- At the end the token shows that Valkey was neither emptied nor replaced meanwhile.
-- A key of another type makes every script fail: it is deleted, and then the mirror is not whole.

local types = {
    [ONLINE] = 'set', [DEACTIVATED] = 'set', [SETTINGS] = 'hash', [MITRAS] = 'hash', [EPOCH] = 'hash',
    [FREE] = 'zset', [FULL] = 'zset', [LAPSED] = 'zset', [RANKED] = 'zset', [LEADER] = 'string', [ALIVE] = 'string',
}
for key, wanted in pairs(types) do
    local found = call('TYPE', key).ok
    if found ~= wanted and found ~= 'none' then
        call('UNLINK', key, EPOCH)
    end
end

if superseded(ARGV[2]) then
    return not_leader()
end

local was_whole = is_whole()
call('HSET', SETTINGS, 'heartbeat_stale_ms', integer(ARGV[4] * 1000),
    'slack_ms', integer(ARGV[5] * 1000))
call('SET', BUILDING, ARGV[1] .. ' ' .. ARGV[3])
intact = true                        -- from here on, any loss interrupts the reseed
remember()
return was_whole and 1 or 0
