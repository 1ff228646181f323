"""Tells every instance of the apps which settings of the configuration changed."""

from collections.abc import Sequence
from typing import Self

import msgspec

from app.mirror.broadcasts import ConfigChanged
from listeners.concerns.publisher import FramePublisher
from listeners.engine.doorbell import Doorbell
from listeners.engine.parts import Parts
from listeners.engine.program import Rounds

CHANNEL = "config"


class ConfigWatch:
    """Every listener hears of changes; only the leader broadcasts them."""

    def __init__(self, publisher: FramePublisher, bell: Doorbell) -> None:
        self.leading = False
        self._bell = bell
        self._publisher = publisher
        self._changed: set[str] = set()

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The config watch of a listener."""
        return cls(FramePublisher(parts.server), parts.program.doorbell())

    def hear(self, payloads: Sequence[str]) -> None:
        """Note the keys that were written."""
        if not self.leading:
            return
        self._changed |= {key for payload in payloads for key in payload.split(",") if key}
        self._bell.ring()

    def rounds(self) -> Rounds:
        """A broadcast at each ring; what failed is tried again."""
        return Rounds("config", self.tell, self._bell)

    async def tell(self) -> float:
        """One round: broadcast what changed."""
        if self._changed:
            keys = sorted(self._changed)
            await self._publisher.broadcast_config_changed(msgspec.json.encode(ConfigChanged(keys)))
            self._changed.difference_update(keys)
        return 60.0
