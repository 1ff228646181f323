-- Why the mirror is not whole. ARGV: run id.
-- Returns key, what it holds, what it should hold, key, …; nothing when it is whole.

return doubts()
