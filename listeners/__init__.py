"""The listener: one process that carries what PostgreSQL commits to Valkey, to sockets and back to PostgreSQL.

One task group, one module a concern, a registry from channel to handler, and nothing else that is shared. Any number
of listeners may run; what must not happen twice at a time is done by the one that leads.
"""
