"""The passing frames that the listener broadcasts to every instance, and each instance to its sockets."""

from typing import Self

import msgspec

from app.sql.mirror import Beacon


class Availability(Beacon, frozen=True, tag="availability", tag_field="type"):
    """Server → subscribed clients: the beacon, at once and then at each change."""

    @classmethod
    def of(cls, beacon: Beacon) -> Self:
        """The frame for a beacon."""
        return cls(beacon.available, beacon.available_mitras, beacon.as_of, beacon.source)


class ConfigChanged(msgspec.Struct, frozen=True, tag="config_changed", tag_field="type"):
    """Server → everyone: these settings have been written."""

    keys: list[str]


Broadcast = Availability | ConfigChanged

_broadcast: msgspec.json.Decoder[Broadcast] = msgspec.json.Decoder(Broadcast)


def read_broadcast(frame: bytes) -> Broadcast:
    """The frame that was broadcast. Raises msgspec.DecodeError."""
    return _broadcast.decode(frame)
