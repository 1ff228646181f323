-- Common to all scripts. KEYS[1] is mirror:epoch (it routes the call), ARGV[1] the run id of the server as the
-- connection knows it. Times are the server's own, in milliseconds, so that one clock judges every heartbeat.

local call = redis.call
local TIME = call('TIME')
local NOW = TIME[1] * 1000 + math.floor(TIME[2] / 1000)
local RANK_OF_A_SLOT = 2 ^ 42        -- more milliseconds than any idle_since: load counts first, then idleness
local KEPT_MS = 5000                 -- how long a sign from the leading listener counts
local SNAPSHOT_MS = 10000            -- how long the beacon is shared

local function integer(number)       -- Lua would write 1.76e+12
    return string.format('%.0f', number)
end

local function add(list, first, second)
    list[#list + 1] = first
    if second then
        list[#list + 1] = second
    end
end

local COLLECTIONS = {ONLINE, DEACTIVATED, MITRAS, FREE, FULL, LAPSED, RANKED}

local function holdings()            -- how much each collection holds, then the setting
    return table.concat({call('SCARD', ONLINE), call('SCARD', DEACTIVATED), call('HLEN', MITRAS), call('ZCARD', FREE),
        call('ZCARD', FULL), call('ZCARD', LAPSED), call('ZCARD', RANKED),
        call('HGET', SETTINGS, 'heartbeat_stale_ms') or '-'}, ' ')
end

local function keys_there()          -- how many of the mirror's keys exist; an empty collection has none
    return integer(call('EXISTS', ONLINE, DEACTIVATED, MITRAS, FREE, FULL, LAPSED, RANKED, SETTINGS))
end

local known                          -- read once, for a script sees one moment
local function epoch()               -- run id, leader, whole since, and what the last write left: keys, and their sizes
    known = known or call('HMGET', EPOCH, 'run_id', 'leader', 'whole_since', 'keys', 'holds')
    return known
end

local function whole_since()
    return tonumber(epoch()[3])
end

local function is_built()            -- on this server, and no key of it was lost since
    return epoch()[1] == ARGV[1] and whole_since() and epoch()[4] == keys_there()
end

local function is_kept()             -- the listener that built it said within the last 5 s that all is well
    local left = call('PTTL', ALIVE)
    return left > 0 and left <= KEPT_MS and call('GET', ALIVE) == epoch()[2]
end

local whole
local function is_whole()            -- not emptied, half built, restored, damaged or without a leader
    if whole == nil then
        whole = is_built() and is_kept() or false
    end
    return whole
end

local function doubts()              -- why it is not whole: key, what it holds, what it should hold, key, …
    local found = {}
    local function compare(key, is, should)
        if is ~= should then
            add(found, key, tostring(is or '-'))
            add(found, should)
        end
    end
    compare(EPOCH .. ' run_id', epoch()[1], ARGV[1])
    if epoch()[1] == ARGV[1] then
        compare(EPOCH .. ' whole_since', whole_since() and 'a time' or epoch()[3], 'a time')
        local wanted = {}
        for word in string.gmatch(epoch()[5] or '', '%S+') do
            add(wanted, word)
        end
        local i = 0
        for word in string.gmatch(holdings(), '%S+') do
            i = i + 1
            if i <= #COLLECTIONS then
                compare(COLLECTIONS[i], word .. ' members', (wanted[i] or '?') .. ' members')
            else
                compare(SETTINGS .. ' heartbeat_stale_ms', word, wanted[i] or '?')
            end
        end
        compare(ALIVE, is_kept() and 'alive' or call('GET', ALIVE) or '-', 'alive')
    end
    return found
end

local function not_whole(reason)
    if not reason then
        local found = doubts()
        reason = found[1] and string.format('%s: %s instead of %s', found[1], found[2], found[3]) or 'it is whole'
    end
    return redis.error_reply('NOTWHOLE ' .. reason)
end

local function as_left()             -- whether the mirror holds what the last write left
    return epoch()[5] == holdings() and epoch()[4] == keys_there()
end

local intact = false                 -- whether this script found it so
local function superseded(leader)    -- true once a later leader has written
    local highest = call('GET', LEADER)
    if highest ~= leader then
        if highest and not (tonumber(highest) and tonumber(highest) < tonumber(leader)) then
            return true
        end
        call('SET', LEADER, leader)
    end
    intact = as_left()
    if not intact then               -- after this write the mirror must not look complete again
        call('DEL', EPOCH, BUILDING)
        known, whole = {}, false
    end
    return false
end

local function remember(...)         -- ends every write: how much the mirror holds now, and other fields
    if intact then
        call('HSET', EPOCH, 'holds', holdings(), 'keys', keys_there(), ...)
    end
end

local function not_leader()
    return redis.error_reply('SUPERSEDED a later leader has written')
end

local function fresh_after()         -- heartbeats later than this are fresh
    local stale_ms = call('HGET', SETTINGS, 'heartbeat_stale_ms')
    return stale_ms and NOW - tonumber(stale_ms) or 0
end

local function later_than(ms)
    return '(' .. integer(ms)
end

local function available()
    return call('ZCOUNT', FREE, later_than(fresh_after()), '+inf')
end

local function iso(ms)               -- 2026-11-21T23:07:00.000Z
    local seconds = math.floor(ms / 1000)
    local days = math.floor(seconds / 86400)
    local rest = seconds % 86400
    -- civil date of a day count, by eras of 400 years that begin in March
    local z = days + 719468
    local era = math.floor(z / 146097)
    local day_of_era = z - era * 146097
    local year_of_era = math.floor((day_of_era - math.floor(day_of_era / 1460) + math.floor(day_of_era / 36524)
        - math.floor(day_of_era / 146096)) / 365)
    local day_of_year = day_of_era - (365 * year_of_era + math.floor(year_of_era / 4) - math.floor(year_of_era / 100))
    local month_from_march = math.floor((5 * day_of_year + 2) / 153)
    local month = month_from_march < 10 and month_from_march + 3 or month_from_march - 9
    return string.format('%04d-%02d-%02dT%02d:%02d:%02d.%03dZ',
        year_of_era + era * 400 + (month <= 2 and 1 or 0), month,
        day_of_year - math.floor((153 * month_from_march + 2) / 5) + 1,
        math.floor(rest / 3600), math.floor(rest % 3600 / 60), rest % 60, ms % 1000)
end

local function append(list, others)
    for _, item in ipairs(others) do
        list[#list + 1] = item
    end
end

local function each_chunk(list, size, command)   -- unpack has its limit
    for first = 1, #list, size do
        command(unpack(list, first, math.min(first + size - 1, #list)))
    end
end

local function write(command, key, list, per_item)   -- one variadic command, or a few
    each_chunk(list, 500 * per_item, function(...) call(command, key, ...) end)
end

local function known_snapshot()      -- a key that would stay for longer is not ours
    local left = call('PTTL', SNAPSHOT)
    local known = left > 0 and left <= SNAPSHOT_MS and redis.pcall('GET', SNAPSHOT)
    return type(known) == 'string' and known or nil
end

local function new_snapshot(count)
    local snapshot = string.format('{"available":%s,"available_mitras":%d,"as_of":"%s","source":"valkey"}',
        count > 0 and 'true' or 'false', count, string.gsub(iso(NOW), 'Z', '000Z'))
    call('SET', SNAPSHOT, snapshot, 'PX', SNAPSHOT_MS)
    return snapshot
end

local function refresh_snapshot(count)   -- a new beacon at each change; without one the old one keeps its time
    local known = known_snapshot()
    if not known or not string.find(known, '"available_mitras":' .. count .. ',', 1, true) then
        new_snapshot(count)
    end
end

local function relist(ids, scores)   -- lapsed mitras whose heartbeat is fresh again
    local known = call('HMGET', MITRAS, unpack(ids))
    for i, id in ipairs(ids) do
        local rank = known[i] and string.match(known[i], ' (%d+)$')
        if rank then
            call('ZADD', FREE, scores[i], id)
            call('ZADD', RANKED, rank, id)
        else
            call('ZADD', FULL, scores[i], id)
        end
    end
    call('ZREM', LAPSED, unpack(ids))
end
