"""The way to PostgreSQL: the pool, time limits of calls, poolers, and `migrate`."""
