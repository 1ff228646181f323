-- Why the mirror is no answer. ARGV: run id. Returns key, what it holds and what it should, key, …; nothing when it is one.

return doubts()
