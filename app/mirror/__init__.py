"""Valkey's picture of every mitra's availability: its keys, its scripts, the questions asked of it and its one writer.

requirement/valkey-online-mirror-plan.md explains the whole.
"""
