"""The connection to PostgreSQL: the pool, the bounds of a call, poolers, and `migrate`."""
