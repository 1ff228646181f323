-- Whether the mirror is whole. ARGV: run id. Returns 1.

if not is_whole() then
    return not_whole()
end
return 1
