"""Publishes frames on Valkey's channels, in the order given."""

from collections.abc import Sequence

from app.mirror.server import Server

MESSAGES_A_CALL = 100


class FramePublisher:
    """Publishes through the mirror's connection. Raises NoAnswer when Valkey did not take everything."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish (channel, frame) pairs one after the other; after a failure it is unknown which were taken."""
        for first in range(0, len(messages), MESSAGES_A_CALL):
            flat = [part for message in messages[first : first + MESSAGES_A_CALL] for part in message]
            await self._server.run(self._server.scripts.publish, *flat)

    async def publish_to(self, frames: Sequence[tuple[str, bytes]]) -> None:
        """Publish (recipient, frame) pairs; recipients are `<user_type>:<uuid>`."""
        await self.publish([(self._server.keys.channel_of(recipient), frame) for recipient, frame in frames])

    async def broadcast_availability(self, frame: bytes) -> None:
        """Tell every instance that the beacon changed."""
        await self.publish([(self._server.keys.availability_channel, frame)])

    async def broadcast_config_changed(self, frame: bytes) -> None:
        """Tell every instance that the configuration changed."""
        await self.publish([(self._server.keys.config_changed_channel, frame)])
