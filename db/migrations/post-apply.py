"""What `yoyo apply` runs after it applied a migration; `halobestie migrate` needs no such reminder."""

from yoyo import step

from app.postgres.migrations import load

__transactional__ = False  # the loader has transactions of its own

step(load)
