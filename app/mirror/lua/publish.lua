-- Publishes messages in the order given. ARGV: run id, then channel and message of each.

for i = 2, #ARGV, 2 do
    call(PUBLISH, ARGV[i], ARGV[i + 1])
end
return (#ARGV - 1) / 2
