-- Writes the states of some mitras (about a hundred).
-- ARGV: run id, leadership epoch, msgpack list of
--   {id, online, active, capacity, maximum, heartbeat ms or 0, idle since ms, version, version to override or 0}
-- A row older than the stored version is refused; a row of the same version is applied, which heals drift. An online
-- mitra keeps the later of the two heartbeats, never one in the future, and gets one of now when it has none. So it does
-- when a mirror that is not whole lost it, and PostgreSQL, whose copy lags, still counts it as fresh. An offline mitra
-- loses its heartbeat.
-- Returns {available, or -1 when the mirror is not whole; then id and stored version of each refused row}.

if superseded(ARGV[2]) then
    return not_leader()
end

local was_whole = is_whole()
local rows = cmsgpack.unpack(ARGV[3])
local ids = {}
for i, row in ipairs(rows) do
    ids[i] = row[1]
end
local known = call('HMGET', MITRAS, unpack(ids))
local in_free = call('ZMSCORE', FREE, unpack(ids))
local in_full = call('ZMSCORE', FULL, unpack(ids))
local in_lapsed = call('ZMSCORE', LAPSED, unpack(ids))
local in_ranked = call('ZMSCORE', RANKED, unpack(ids))
local limit = fresh_after()
local copied_after = limit - (tonumber(call('HGET', SETTINGS, 'slack_ms')) or 0)

local refused = {}
local mitras, online, offline, deactivated, activated = {}, {}, {}, {}, {}
local values, silenced = {}, {}
local to_free, to_full, to_lapsed, to_ranked = {}, {}, {}, {}
local from_free, from_full, from_lapsed, from_ranked = {}, {}, {}, {}

for i, row in ipairs(rows) do
    local id, is_online, is_active, capacity, maximum = row[1], row[2], row[3], row[4], row[5]
    local heartbeat, idle_since, version, override = row[6], row[7], row[8], row[9]
    local stored = known[i] and tonumber(string.match(known[i], '^%d+')) or 0
    if stored > version and stored ~= override then
        add(refused, id, integer(stored))
    else
        local has_slot = is_online and is_active and capacity < maximum
        local rank = has_slot and integer(capacity * RANK_OF_A_SLOT + idle_since)
        add(mitras, id, integer(version) .. (rank and ' ' .. rank or ''))
        add(is_online and online or offline, id)
        add(is_active and activated or deactivated, id)
        add(values, CAPACITY .. id, integer(capacity))

        local place
        if is_online then
            local heard = tonumber(in_free[i] or in_full[i] or in_lapsed[i] or 0)
            local last = math.min(NOW, math.max(heartbeat, heard))
            if last == 0 or (heard == 0 and is_active and not was_whole and last > copied_after) then
                last = NOW
            end
            add(values, HEARTBEAT .. id, iso(last))
            if is_active then
                place = last <= limit and to_lapsed or has_slot and to_free or to_full
                add(place, integer(last), id)
            end
        else
            add(silenced, HEARTBEAT .. id)
        end
        if place == to_free then
            add(to_ranked, rank, id)
        elseif in_ranked[i] then
            add(from_ranked, id)
        end
        if in_free[i] and place ~= to_free then add(from_free, id) end
        if in_full[i] and place ~= to_full then add(from_full, id) end
        if in_lapsed[i] and place ~= to_lapsed then add(from_lapsed, id) end
    end
end

write('HSET', MITRAS, mitras, 2)
write('SADD', ONLINE, online, 1)
write('SREM', ONLINE, offline, 1)
write('SADD', DEACTIVATED, deactivated, 1)
write('SREM', DEACTIVATED, activated, 1)
each_chunk(values, 1000, function(...) call('MSET', ...) end)
each_chunk(silenced, 500, function(...) call('DEL', ...) end)
write('ZREM', FREE, from_free, 1)
write('ZREM', FULL, from_full, 1)
write('ZREM', LAPSED, from_lapsed, 1)
write('ZREM', RANKED, from_ranked, 1)
write('ZADD', FREE, to_free, 2)
write('ZADD', FULL, to_full, 2)
write('ZADD', LAPSED, to_lapsed, 2)
write('ZADD', RANKED, to_ranked, 2)
remember()

local count = -1
if was_whole then
    count = available()
    refresh_snapshot(count)
end
return {count, unpack(refused)}
