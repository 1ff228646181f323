-- Takes the place of a leadership epoch that PostgreSQL does not know. ARGV: run id, leadership epoch, the one found.
-- Returns 1, or 0 when there is another one by now.

if call('GET', LEADER) ~= ARGV[3] then
    return 0
end
call('SET', LEADER, ARGV[2])
return 1
