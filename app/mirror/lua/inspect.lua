-- Everything that the mirror holds about some mitras, at one moment. ARGV: run id, ids.
-- Returns for each id {online, deactivated, capacity, heartbeat, free, full, lapsed, ranked, version and rank}.

local ids = {unpack(ARGV, 2)}
local answer = {}
local values = {}
for _, id in ipairs(ids) do
    add(values, CAPACITY .. id, HEARTBEAT .. id)
end
local online = call('SMISMEMBER', ONLINE, unpack(ids))
local deactivated = call('SMISMEMBER', DEACTIVATED, unpack(ids))
local held = call('MGET', unpack(values))
local free = call('ZMSCORE', FREE, unpack(ids))
local full = call('ZMSCORE', FULL, unpack(ids))
local lapsed = call('ZMSCORE', LAPSED, unpack(ids))
local ranked = call('ZMSCORE', RANKED, unpack(ids))
local mitras = call('HMGET', MITRAS, unpack(ids))
for i = 1, #ids do
    answer[i] = {online[i], deactivated[i], held[2 * i - 1], held[2 * i], free[i], full[i], lapsed[i], ranked[i], mitras[i]}
end
return answer
