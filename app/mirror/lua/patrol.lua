-- Mitras without one of their own keys, in one step of a scan. ARGV: run id, leadership epoch, cursor.
-- Returns {next cursor, id, id, …}.

if superseded(ARGV[2]) then
    return not_leader()
end

local scan = call('HSCAN', MITRAS, ARGV[3], 'COUNT', 500)
local answer = {scan[1]}
local ids = {}
for i = 1, #scan[2], 2 do
    add(ids, scan[2][i])
end
each_chunk(ids, 500, function(...)
    local some, keys = {...}, {}
    for _, id in ipairs(some) do
        add(keys, CAPACITY .. id, HEARTBEAT .. id)
    end
    local values = call('MGET', unpack(keys))
    local online = call('SMISMEMBER', ONLINE, ...)
    for i, id in ipairs(some) do
        if not values[2 * i - 1] or (online[i] == 1 and not values[2 * i]) then
            add(answer, id)
        end
    end
end)
return answer
