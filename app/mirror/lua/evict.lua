-- Moves mitras that went stale out of the rankings, and back when a longer heartbeat_stale_seconds makes them fresh.
-- A heartbeat in the future is set to now.
-- ARGV: run id, leadership epoch, how many of each at most, lag in milliseconds to be shown, 1 when the listener is well.
-- A whole mirror stays whole for another 5 s when the listener that built it is well.
-- Returns {moved, available, or -1 when the mirror is not whole, ids that lapsed}.

if superseded(ARGV[2]) then
    return not_leader()
end

local was_whole = is_whole()
local most = tonumber(ARGV[3])
local limit = fresh_after()
local moved, lapsed = 0, {}
for _, key in ipairs({FREE, FULL, LAPSED}) do       -- a heartbeat in the future would keep a mitra alive until then
    for _, id in ipairs(call('ZRANGEBYSCORE', key, later_than(NOW), '+inf', 'LIMIT', 0, most)) do
        call('ZADD', key, 'XX', integer(NOW), id)
        call('SET', HEARTBEAT .. id, iso(NOW), 'XX')
    end
end
for _, key in ipairs({FREE, FULL}) do
    local stale = call('ZRANGEBYSCORE', key, '-inf', integer(limit), 'WITHSCORES', 'LIMIT', 0, most)
    if #stale > 0 then
        local ids, scored = {}, {}
        for i = 1, #stale, 2 do
            add(ids, stale[i])
            add(scored, stale[i + 1], stale[i])
            add(lapsed, stale[i])
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

remember('lag_ms', ARGV[4])
if not was_whole then
    return {moved, -1, lapsed}
end
if ARGV[5] == '1' and epoch()[2] == ARGV[2] then
    call('SET', ALIVE, ARGV[2], 'PX', KEPT_MS)
end
local count = available()
refresh_snapshot(count)
return {moved, count, lapsed}
