"""What a change of the configuration sets in motion."""

from collections.abc import Sequence

import msgspec

from app.broadcasts import ConfigChanged
from listeners.doorbell import Doorbell
from listeners.publisher import Publisher
from listeners.reseed import Reseeder

CHANNEL = "config"

AVAILABILITY_KEYS = frozenset({"heartbeat_stale_seconds", "mitra_max_sessions"})
"""Settings that change who is available: the mirror is written anew."""


class ConfigWatch:
    """Reseeds when availability is judged differently, and tells the instances. Only the leader does."""

    def __init__(self, reseeder: Reseeder, publisher: Publisher, bell: Doorbell) -> None:
        self.bell = bell
        self.leading = False
        self._reseeder = reseeder
        self._publisher = publisher
        self._changed: set[str] = set()

    def hear(self, payloads: Sequence[str]) -> None:
        """These keys were written."""
        if not self.leading:
            return
        keys = {key for payload in payloads for key in payload.split(",") if key}
        if keys & AVAILABILITY_KEYS:
            self._reseeder.request("a setting changed")
        self._changed |= keys
        self.bell.ring()

    async def tell(self) -> float:
        """One round: broadcast what changed."""
        if self._changed:
            keys = sorted(self._changed)
            await self._publisher.broadcast_config_changed(msgspec.json.encode(ConfigChanged(keys)))
            self._changed.difference_update(keys)
        return 60.0
