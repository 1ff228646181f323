"""The listener: one process that carries what PostgreSQL commits to Valkey, to sockets and back to PostgreSQL.

Each concern is a module of its own. Concerns share only what `listeners/engine/parts.py` names. Any number of listeners
may run; the leader alone does what must not happen twice at a time.
"""
