"""What a test or the fleet can count in a client."""

from msgspec import Struct


class Counters(Struct):
    """What happened to one client's events, messages and connections."""

    received: int = 0
    messages: int = 0
    duplicates: int = 0
    gaps: int = 0
    lost: int = 0
    connections: int = 0
    unknown: int = 0
