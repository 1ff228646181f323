-- Records the heartbeats of the mitras that are online and not deactivated. ARGV: run id, ids without repetition.
-- Returns 1 when all were recorded, else a text with 1 or 0 for each id in turn.
-- While nobody keeps the mirror it records the beats, too, so that none is missing later, but PostgreSQL has to answer.

if not is_built() then
    return not_whole()
end
local kept = is_kept()

local online = call('SMISMEMBER', ONLINE, unpack(ARGV, 2))
local deactivated = call('SMISMEMBER', DEACTIVATED, unpack(ARGV, 2))
local now = integer(NOW)
local at = iso(NOW)
local recorded, beats, values, count = {}, {}, {}, 0
for i = 1, #online do
    if online[i] == 1 and deactivated[i] == 0 then
        local id = ARGV[i + 1]
        count = count + 1
        recorded[count] = id
        beats[2 * count - 1], beats[2 * count] = now, id
        values[2 * count - 1], values[2 * count] = HEARTBEAT .. id, at
    end
end

local function verdicts()
    local found = {}
    for i = 1, #online do
        found[i] = online[i] == 1 and deactivated[i] == 0 and '1' or '0'
    end
    return table.concat(found)
end

if count == 0 then
    return kept and verdicts() or not_whole()
end

call('MSET', unpack(values))
local moved = call('ZADD', FREE, 'XX', 'GT', 'CH', unpack(beats))
if moved < count then                -- no mitra is in both
    moved = moved + call('ZADD', FULL, 'XX', 'GT', 'CH', unpack(beats))
end
if moved < count then                -- some had lapsed, or beat twice within a millisecond
    local lapsed = call('ZMSCORE', LAPSED, unpack(recorded))
    local back, scores = {}, {}
    for i, id in ipairs(recorded) do
        if lapsed[i] then
            add(back, id)
            add(scores, now)
        end
    end
    if #back > 0 then
        intact = as_left()           -- before it is changed: a count of what was damaged is no count
        relist(back, scores)
        remember()
    end
end
if not kept then
    return not_whole(ALIVE .. ' is not kept')
end
return count == #online and 1 or verdicts()
