-- Gives socket leases back. ARGV: run id, then key and connection of each.

for i = 2, #ARGV, 2 do
    call('ZREM', ARGV[i], ARGV[i + 1])
end
return (#ARGV - 1) / 2
