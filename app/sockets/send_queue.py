"""The frames that wait to be sent on one socket."""

import asyncio
from collections import deque
from collections.abc import Callable

import falcon
from falcon.asgi import WebSocket

from app.observability import metrics
from app.sockets.closing import REASONS, Close
from app.wire.socket_limits import CLOSE_SECONDS, HASTY_CLOSE_SECONDS, REPLAY_QUEUE_BYTES, SEND_QUEUE_BYTES


class SendQueue:
    """A socket's frames in the order they were put, bounded, and its close as the last of them.

    A frame that the connection takes at once is written at once. Other frames wait for a task that writes them all.
    """

    __slots__ = ("_abort", "_closing", "_frames", "_reason", "_room", "_waiting_bytes", "_write_now", "_writer", "_ws")

    def __init__(self, ws: WebSocket, abort: Callable[[], None], write_now: Callable[[bytes], bool]) -> None:
        """`abort` cuts the connection; `write_now` writes a frame, or returns False when that can't be done now."""
        self._ws = ws
        self._abort = abort
        self._write_now = write_now
        self._frames: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._closing: Close | None = None
        self._reason = ""
        self._writer: asyncio.Task[None] | None = None
        self._room: asyncio.Future[None] | None = None

    @property
    def closing(self) -> bool:
        """Whether the socket is being closed: no further frame is taken."""
        return self._closing is not None

    def put(self, frame: bytes) -> None:
        """Queue a frame; a client with more than 1 MiB waiting is closed with 4408 instead, and resumes later."""
        if self._closing is not None or (self._writer is None and self._write_now(frame)):
            return
        self._frames.append(frame)
        self._waiting_bytes += len(frame)
        if self._waiting_bytes > SEND_QUEUE_BYTES:
            self._frames.clear()
            self.close(Close.BEHIND)
        elif self._writer is None:
            self._writer = asyncio.create_task(self._write())

    def close(self, code: Close, reason: str | None = None) -> None:
        """End the socket after the frames that were put before. The first code counts; later ones are ignored.

        `reason` stands in place of the code's usual reason. A client that doesn't read the close within ten seconds is
        cut; within one second when its login has ended.
        """
        if self._closing is not None:
            return
        self._closing = code
        self._reason = reason or REASONS[code]
        metrics.socket_closes.labels(code.value).inc()
        self._make_room()
        seconds = HASTY_CLOSE_SECONDS if code is Close.FORBIDDEN else CLOSE_SECONDS
        asyncio.get_running_loop().call_later(seconds, self._abort)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits to be written."""
        return self._writer is None

    async def room(self) -> None:
        """Wait until so few bytes wait that a replay may go on, or until the socket ends."""
        while self._waiting_bytes > REPLAY_QUEUE_BYTES and self._closing is None:
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    async def finish(self) -> None:
        """Wait until all frames and the close are written, or the client is gone."""
        if self._writer is not None:
            await asyncio.wait({self._writer}, timeout=CLOSE_SECONDS)

    async def _write(self) -> None:
        try:
            while self._frames:
                frame = self._frames.popleft()
                await self._ws.send_text(frame.decode())
                self._waiting_bytes -= len(frame)
                if self._waiting_bytes <= REPLAY_QUEUE_BYTES:
                    self._make_room()
            if self._closing is not None:
                await self._ws.close(self._closing, self._reason)
        except (falcon.WebSocketDisconnected, OSError):
            self._frames.clear()  # the conversation sees the same end, and tidies up
        finally:
            self._writer = None

    def _make_room(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
