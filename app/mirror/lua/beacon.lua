-- The beacon as JSON: the snapshot, or a new one when it has expired. ARGV: run id.

if not is_whole() then
    return not_whole()
end

return known_snapshot() or new_snapshot(available())
