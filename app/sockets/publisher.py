"""Passing frames on their way to every device of a user, on all instances."""

import asyncio
from collections import deque
from collections.abc import Callable

from app.mirror.gateway import PUBLISHED_A_CALL, Gateway
from app.wire.socket_limits import UNPUBLISHED_FRAMES


class PassingFramePublisher:
    """Publishes frames in the order they were given, many at once when they come fast.

    No caller waits for Valkey. Frames that Valkey did not take, and frames that would not come back to this instance,
    go to the sockets of this instance at once. The clients of other instances notice the gap.
    """

    def __init__(self, gateway: Gateway, hand: Callable[[str, bytes], None], hears: Callable[[], bool]) -> None:
        """`hand(recipient, frame)` gives a frame to sockets of this instance; `hears()` is whether it is subscribed."""
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
        """Wait until every frame is on its way."""
        if self._publishing is not None:
            await asyncio.wait({self._publishing})

    async def _publish(self) -> None:
        try:
            while self._frames:
                batch = [self._frames.popleft() for _ in range(min(len(self._frames), PUBLISHED_A_CALL))]
                if not await self._gateway.publish(batch) or not self._hears():
                    for recipient, frame in batch:
                        self._hand(recipient, frame)
        finally:
            self._publishing = None
