"""A change of the configuration, on its way to every instance."""

from collections.abc import Sequence

import msgspec

from app.mirror.broadcasts import ConfigChanged
from listeners.concerns.publisher import Publisher
from listeners.engine.doorbell import Doorbell

CHANNEL = "config"


class ConfigWatch:
    """Tells the instances which settings changed. Only the leader does."""

    def __init__(self, publisher: Publisher, bell: Doorbell) -> None:
        self.bell = bell
        self.leading = False
        self._publisher = publisher
        self._changed: set[str] = set()

    def hear(self, payloads: Sequence[str]) -> None:
        """These keys were written."""
        if not self.leading:
            return
        self._changed |= {key for payload in payloads for key in payload.split(",") if key}
        self.bell.ring()

    async def tell(self) -> float:
        """One round: broadcast what changed."""
        if self._changed:
            keys = sorted(self._changed)
            await self._publisher.broadcast_config_changed(msgspec.json.encode(ConfigChanged(keys)))
            self._changed.difference_update(keys)
        return 60.0
