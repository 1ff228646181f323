"""The mirror: what Valkey holds of mitras. Its keys, its scripts, the questions asked of it, and its one writer.

requirement/valkey-online-mirror-plan.md explains the whole.
"""
