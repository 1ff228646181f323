-- Grants or renews socket leases. ARGV: run id, length in ms, then key and connection of each.

local ends = integer(NOW + ARGV[2])
for i = 3, #ARGV, 2 do
    call('ZADD', ARGV[i], ends, ARGV[i + 1])
    call('ZREMRANGEBYSCORE', ARGV[i], '-inf', integer(NOW))
    call('PEXPIRE', ARGV[i], ARGV[2])
end
return (#ARGV - 2) / 2
