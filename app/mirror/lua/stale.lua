-- Mitras that went stale. ARGV: run id, how many at most.
-- A mirror that is whole for less than heartbeat_stale_seconds has not heard every mitra yet, so it can't tell.
-- Returns ids, first those that left the rankings first.

if not is_whole() then
    return not_whole()
end
local limit = fresh_after()
if whole_since() > limit then
    return not_whole('not for long enough to tell who is silent')
end

local most = tonumber(ARGV[2])
local found = {}
for _, key in ipairs({LAPSED, FREE, FULL}) do
    if #found < most then
        append(found, call('ZRANGEBYSCORE', key, '-inf', integer(limit), 'LIMIT', 0, most - #found))
    end
end
return found
