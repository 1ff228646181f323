-- How many live leases a user has. ARGV: run id, key.

return call('ZCOUNT', ARGV[2], later_than(NOW), '+inf')
