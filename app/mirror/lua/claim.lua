-- Takes the place of a leadership epoch that PostgreSQL does not know.
-- ARGV: run id, leadership epoch, the epoch that was found.
-- Returns 1, or 0 when another epoch has been written since.

if call('GET', LEADER) ~= ARGV[3] then
    return 0
end
call('SET', LEADER, ARGV[2])
return 1
