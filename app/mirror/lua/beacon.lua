-- The beacon as JSON: the snapshot, or a new one when it has expired. ARGV: run id.

if not is_whole() then
    return not_whole()
end

local known = redis.pcall('GET', SNAPSHOT)
if type(known) ~= 'string' then
    known = snapshot(available())
    call('SET', SNAPSHOT, known, 'EX', 10)
end
return known
