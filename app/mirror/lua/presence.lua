-- Which users have a live lease. ARGV: run id, for how many ms the mirror must be whole, then their keys.
-- After Valkey was emptied, sockets are soon leased again; until then nobody can be said to be away.
-- Returns 1 or 0 for each.

if not is_whole() then
    return not_whole()
end

local is_settled = NOW - whole_since() >= tonumber(ARGV[2])
local connected = {}
for i = 3, #ARGV do
    local is_leased = call('ZCOUNT', ARGV[i], later_than(NOW), '+inf') > 0
    if not (is_leased or is_settled) then
        return not_whole('not for long enough to tell who is missing')
    end
    connected[i - 2] = is_leased and 1 or 0
end
return connected
