"""A small Xendit of our own: it speaks the protocol of Payment Sessions, refunds and webhooks, and fails when told to.

`python -m tests.support.xendit` runs it by hand; tests serve it themselves (`serving`).
"""
