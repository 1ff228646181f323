-- Removes mitras that PostgreSQL does not know. ARGV: run id, leadership epoch, ids.

if superseded(ARGV[2]) then
    return not_leader()
end

local ids = {unpack(ARGV, 3)}
local values = {}
for _, id in ipairs(ids) do
    add(values, CAPACITY .. id, HEARTBEAT .. id)
end
call('HDEL', MITRAS, unpack(ids))
for _, key in ipairs({ONLINE, DEACTIVATED}) do
    call('SREM', key, unpack(ids))
end
for _, key in ipairs({FREE, FULL, LAPSED, RANKED}) do
    call('ZREM', key, unpack(ids))
end
call('DEL', unpack(values))
remember()
return #ids
