-- Removes keys that should not exist: the capacity of an unknown mitra, the heartbeat of a mitra who is not online.
-- ARGV: run id, leadership epoch, ids. Returns how many keys there were.

if superseded(ARGV[2]) then
    return not_leader()
end

local ids = {unpack(ARGV, 3)}
local known = call('HMGET', MITRAS, unpack(ids))
local online = call('SMISMEMBER', ONLINE, unpack(ids))
local removed = 0
for i, id in ipairs(ids) do
    if not known[i] then
        removed = removed + call('DEL', CAPACITY .. id)
    end
    if online[i] == 0 then
        removed = removed + call('DEL', HEARTBEAT .. id)
    end
end
return removed
