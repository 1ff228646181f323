-- Removes keys that should not exist, in one step of a scan through all keys: the capacity of an unknown mitra, the
-- heartbeat of a mitra who is not online. ARGV: run id, leadership epoch, pattern of mitras' own keys, cursor.
-- Returns {next cursor, removed}.

if superseded(ARGV[2]) then
    return not_leader()
end

local scan = call('SCAN', ARGV[4], 'MATCH', ARGV[3], 'COUNT', 500)
local removed = 0
for prefix, known in pairs({[CAPACITY] = {'HMGET', MITRAS, false}, [HEARTBEAT] = {'SMISMEMBER', ONLINE, 0}}) do
    local ids = {}
    for _, key in ipairs(scan[2]) do
        if string.sub(key, 1, #prefix) == prefix then
            add(ids, string.sub(key, #prefix + 1))
        end
    end
    each_chunk(ids, 500, function(...)
        local orphans = {}
        for i, found in ipairs(call(known[1], known[2], ...)) do
            if found == known[3] then
                add(orphans, prefix .. select(i, ...))
            end
        end
        if #orphans > 0 then
            removed = removed + call('UNLINK', unpack(orphans))
        end
    end)
end
return {scan[1], removed}
