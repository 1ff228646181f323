-- A reseed begins. ARGV: run id, leadership epoch, token, heartbeat_stale_seconds.
-- The token is what tells at the end that Valkey was neither emptied nor replaced meanwhile.
-- A key that is not of its type makes every script fail: it goes, and with it the claim to be whole.

local types = {
    [ONLINE] = 'set', [DEACTIVATED] = 'set', [SETTINGS] = 'hash', [MITRAS] = 'hash', [EPOCH] = 'hash',
    [FREE] = 'zset', [FULL] = 'zset', [LAPSED] = 'zset', [RANKED] = 'zset', [LEADER] = 'string', [ALIVE] = 'string',
}
for key, wanted in pairs(types) do
    local found = call('TYPE', key).ok
    if found ~= wanted and found ~= 'none' then
        call('DEL', key, EPOCH)
    end
end

if superseded(ARGV[2]) then
    return not_leader()
end

local was_whole = is_whole()
call('HSET', SETTINGS, 'heartbeat_stale_ms', integer(ARGV[4] * 1000))
call('SET', BUILDING, ARGV[1] .. ' ' .. ARGV[3])
intact = true                        -- from here on, whatever gets lost interrupts
remember()
return was_whole and 1 or 0
