-- Heartbeats from a moment on until now. ARGV: run id, which set (1 free, 2 full, 3 lapsed), from (ms), offset, how many at most.
-- Returns id, ms, id, ms, … oldest first.

if not is_whole() then
    return not_whole()
end
return call('ZRANGEBYSCORE', ({FREE, FULL, LAPSED})[tonumber(ARGV[2])], ARGV[3], integer(NOW), 'WITHSCORES', 'LIMIT', ARGV[4], ARGV[5])
