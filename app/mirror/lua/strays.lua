-- Removes members that are not in the mirror's hash of mitras, in one step of a scan through one collection.
-- ARGV: run id, leadership epoch, which collection (1 to 6), cursor. Returns {next cursor, removed}.

if superseded(ARGV[2]) then
    return not_leader()
end

local sets = {ONLINE, DEACTIVATED, FREE, FULL, LAPSED, RANKED}
local which = tonumber(ARGV[3])
local scan = call(which <= 2 and 'SSCAN' or 'ZSCAN', sets[which], ARGV[4], 'COUNT', 500)
local ids = {}
for i = 1, #scan[2], which <= 2 and 1 or 2 do
    add(ids, scan[2][i])
end
local removed = 0
each_chunk(ids, 500, function(...)
    local known = call('HMGET', MITRAS, ...)
    local strays = {}
    for i, id in ipairs({...}) do
        if not known[i] then
            add(strays, id)
        end
    end
    if #strays > 0 then
        removed = removed + call(which <= 2 and 'SREM' or 'ZREM', sets[which], unpack(strays))
    end
end)
remember()
return {scan[1], removed}
