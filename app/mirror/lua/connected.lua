-- How many live leases a user has. ARGV: run id, key.

if not is_whole() then
    return not_whole()
end
return call('ZCOUNT', ARGV[2], later_than(NOW), '+inf')
