-- Moves what went stale out of the rankings, and back what a longer heartbeat_stale_seconds made fresh again.
-- ARGV: run id, leadership epoch, how many of each at most, lag in milliseconds to be shown.
-- Returns {moved, available, or -1 when the mirror is not whole}.

if superseded(ARGV[2]) then
    return not_leader()
end

local most = tonumber(ARGV[3])
local limit = fresh_after()
local moved = 0
for _, key in ipairs({FREE, FULL}) do
    local stale = call('ZRANGEBYSCORE', key, '-inf', integer(limit), 'WITHSCORES', 'LIMIT', 0, most)
    if #stale > 0 then
        local ids, scored = {}, {}
        for i = 1, #stale, 2 do
            add(ids, stale[i])
            add(scored, stale[i + 1], stale[i])
        end
        call('ZADD', LAPSED, unpack(scored))
        call('ZREM', key, unpack(ids))
        call('ZREM', RANKED, unpack(ids))
        moved = moved + #ids
    end
end

local fresh = call('ZRANGEBYSCORE', LAPSED, later_than(limit), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
if #fresh > 0 then
    local ids, scores = {}, {}
    for i = 1, #fresh, 2 do
        add(ids, fresh[i])
        add(scores, fresh[i + 1])
    end
    relist(ids, scores)
    moved = moved + #ids
end

if not is_whole() then
    return {moved, -1}
end
call('HSET', EPOCH, 'lag_ms', ARGV[4])
local count = available()
refresh_snapshot(count)
return {moved, count}
