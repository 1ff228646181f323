-- The best available mitras: least loaded, then longest idle. ARGV: run id, how many.
-- Mitras that went stale since the last eviction are left out. Returns ids, fewer when there are no more.

if not is_whole() then
    return not_whole()
end

local wanted = tonumber(ARGV[2])
local limit = fresh_after()
local found = {}
local offset = 0
repeat
    local ids = call('ZRANGE', RANKED, offset, offset + wanted - 1)
    if #ids == 0 then
        break
    end
    local heartbeats = call('ZMSCORE', FREE, unpack(ids))
    for i, id in ipairs(ids) do
        if #found < wanted and heartbeats[i] and tonumber(heartbeats[i]) > limit then
            add(found, id)
        end
    end
    offset = offset + #ids
    if offset > 20 * wanted then     -- nobody evicts: return what was found; nothing found is no answer
        if #found == 0 then
            return not_whole('nobody evicts from ' .. RANKED)
        end
        break
    end
until #found == wanted or #ids < wanted
return found
