-- Whether the mirror is an answer. ARGV: run id. Returns 1.

if not is_whole() then
    return not_whole()
end
return 1
