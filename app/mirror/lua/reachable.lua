-- 1 when the mitra is online, active and beating, else 0. ARGV: run id, id.

if not is_whole() then
    return not_whole()
end

local heartbeat = call('ZSCORE', FREE, ARGV[2]) or call('ZSCORE', FULL, ARGV[2])
return heartbeat and tonumber(heartbeat) > fresh_after() and 1 or 0
