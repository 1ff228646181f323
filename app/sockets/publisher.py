"""Passing frames on their way to every device of a user, whatever instance holds it."""

import asyncio
from collections import deque
from collections.abc import Callable

from app.mirror.gateway import PUBLISHED_A_CALL, Gateway
from app.wire.socket_limits import UNPUBLISHED_FRAMES


class Publisher:
    """Publishes frames in the order they were given, many at once when they come fast.

    Nobody waits for Valkey. What it did not take, or what this instance would not hear, goes to the sockets of this
    instance at once; other instances' clients notice the gap.
    """

    def __init__(self, gateway: Gateway, hand: Callable[[str, bytes], None], hears: Callable[[], bool]) -> None:
        """`hand(recipient, frame)` gives a frame to sockets of this instance, which `hears()` says is subscribed."""
        self._gateway = gateway
        self._hand = hand
        self._hears = hears
        self._frames: deque[tuple[str, bytes]] = deque(maxlen=UNPUBLISHED_FRAMES)
        self._publishing: asyncio.Task[None] | None = None

    def tell(self, recipient: str, frame: bytes) -> None:
        """Publish a frame to a recipient, `<user_type>:<uuid>`, soon."""
        self._frames.append((recipient, frame))
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publish())

    async def finish(self) -> None:
        """Wait until what was given is on its way."""
        if self._publishing is not None:
            await asyncio.wait({self._publishing})

    async def _publish(self) -> None:
        try:
            while self._frames:
                some = [self._frames.popleft() for _ in range(min(len(self._frames), PUBLISHED_A_CALL))]
                if not await self._gateway.publish(some) or not self._hears():
                    for recipient, frame in some:
                        self._hand(recipient, frame)
        finally:
            self._publishing = None
