-- How many of some socket leases Valkey does not hold any more. ARGV: run id, then key and connection of each.

local lost = 0
for i = 2, #ARGV, 2 do
    local ends = call('ZSCORE', ARGV[i], ARGV[i + 1])
    if not ends or tonumber(ends) <= NOW then
        lost = lost + 1
    end
end
return lost
