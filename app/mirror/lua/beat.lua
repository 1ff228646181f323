-- Records the heartbeats of the mitras that are online and not deactivated. ARGV: run id, ids without repetition.
-- Returns 1 when all were recorded, else a text with 1 or 0 for each id in turn.
-- While nobody keeps the mirror it records the beats, too, so that none is missing later, but PostgreSQL has to answer.

if not is_built() then
    return not_whole()
end
local kept = is_kept()

local ids = {unpack(ARGV, 2)}
local online = call('SMISMEMBER', ONLINE, unpack(ids))
local deactivated = call('SMISMEMBER', DEACTIVATED, unpack(ids))
local now = integer(NOW)
local at = iso(NOW)
local recorded, beats, values, verdicts = {}, {}, {}, {}
for i, id in ipairs(ids) do
    if online[i] == 1 and deactivated[i] == 0 then
        add(recorded, id)
        add(beats, now, id)
        add(values, HEARTBEAT .. id, at)
    end
    verdicts[i] = online[i] == 1 and deactivated[i] == 0 and '1' or '0'
end
if #recorded == 0 then
    return kept and table.concat(verdicts) or not_whole()
end

call('MSET', unpack(values))
local moved = call('ZADD', FREE, 'XX', 'GT', 'CH', unpack(beats)) + call('ZADD', FULL, 'XX', 'GT', 'CH', unpack(beats))
if moved < #recorded then            -- some had lapsed, or beat twice within a millisecond
    local lapsed = call('ZMSCORE', LAPSED, unpack(recorded))
    local back, scores = {}, {}
    for i, id in ipairs(recorded) do
        if lapsed[i] then
            add(back, id)
            add(scores, now)
        end
    end
    if #back > 0 then
        relist(back, scores)
        intact = true
        remember()
    end
end
if not kept then
    return not_whole(ALIVE .. ' is not kept')
end
return #recorded == #ids and 1 or table.concat(verdicts)
