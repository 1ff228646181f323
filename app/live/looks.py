"""The one look in LOOK_SECONDS, and who hears of it."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Hashable, Iterator
from typing import TypeVar, cast

import msgspec
import structlog

from app.mirror.gateway import Gateway
from app.observability import metrics
from app.observability.faults import Series
from app.postgres.database import Run
from app.shapes.control_centre import Dashboard
from app.sql import figures

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.9
"""Less than a second, within which a change is on the screen and a stream without its right has ended."""
QUIET_SECONDS = 15.0
"""After so long without a change a watcher is told that nothing has changed."""
BLIND_SECONDS = 5.0
"""When no look succeeds for so long, all streams end: who watches must not take old figures for new ones."""

T = TypeVar("T")


class Look:
    """What was seen when something had changed; `version` names it, the same in every process."""

    def __init__(self, version: str, dashboard: Dashboard) -> None:
        self.version = version
        self.dashboard = dashboard
        self._made: dict[Hashable, object] = {}

    def made(self, name: Hashable, make: Callable[[Dashboard], T]) -> T:
        """What `make` makes of the dashboard, made once for all who ask by this name."""
        if name not in self._made:
            self._made[name] = make(self.dashboard)
        return cast("T", self._made[name])

    @property
    def json(self) -> str:
        """The dashboard, as `GET /internal/dashboard` answers it."""
        return self.made("json", lambda dashboard: msgspec.json.encode(dashboard).decode())


class Watcher:
    """Somebody who watches. It holds only the newest look, so a slow reader costs no more than a quick one.

    Iterate over it: it gives a Look at each change, None when nothing has changed for a while, and ends when the
    watcher may look no longer, at `ends_at`, and when the process stops.
    """

    def __init__(self, name: str, seen: str | None, ends_at: float | None, quiet_seconds: float) -> None:
        self.name = name
        self._quiet_seconds = quiet_seconds
        self._seen = seen
        self._ends_at = ends_at
        self._newest: Look | None = None
        self._is_over = False
        self._bell = asyncio.Event()

    def show(self, look: Look) -> None:
        """Give it a look; the one before, if it was not taken, is forgotten."""
        if look.version != self._seen:
            self._newest = look
            self._bell.set()

    def end(self) -> None:
        """Let it end, at once."""
        self._is_over = True
        self._bell.set()

    async def __aiter__(self) -> AsyncIterator[Look | None]:
        """Give each change."""
        while True:
            quiet = self._quiet_seconds
            left = quiet if self._ends_at is None else min(quiet, self._ends_at - time.time())
            if left <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._bell.wait()
            self._bell.clear()
            if self._is_over:
                return
            look, self._newest = self._newest, None
            if look is not None:
                self._seen = look.version
            yield look


class Live:
    """Looks every LOOK_SECONDS while somebody watches, and tells each watcher what has changed."""

    def __init__(self, run: Run, gateway: Gateway) -> None:
        self._run = run
        self._gateway = gateway
        self._watchers: set[Watcher] = set()
        self._looking: asyncio.Task[None] | None = None
        self._last: Look | None = None
        self._failures = Series(log, "live_look_failed")

    @contextlib.contextmanager
    def watching(
        self,
        name: str,
        *,
        seen: str | None = None,
        ends_at: float | None = None,
        quiet_seconds: float | None = None,
    ) -> Iterator[Watcher]:
        """Watch until the block ends, as `name` (see the database's `core.may_watch`).

        `seen` is the version that was seen last, which is not shown again; `ends_at` (seconds since 1970) is when it
        ends in any case.
        """
        watcher = Watcher(name, seen, ends_at, quiet_seconds or QUIET_SECONDS)
        self._watchers.add(watcher)
        metrics.live_streams.set(len(self._watchers))
        if self._looking is None or self._looking.done():
            self._last = None
            self._looking = asyncio.create_task(self._look_on(), name="live")
        elif self._last is not None:
            watcher.show(self._last)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)
            metrics.live_streams.set(len(self._watchers))

    def stop(self) -> None:
        """End every stream, and look no more."""
        for watcher in self._watchers:
            watcher.end()
        if self._looking is not None:
            self._looking.cancel()

    async def _look_on(self) -> None:
        saw_at = time.monotonic()
        while self._watchers:
            began = time.monotonic()
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001  # whatever it is, who watches must hear of it
                self._failures.failed(error)
                if time.monotonic() - saw_at > BLIND_SECONDS:
                    for watcher in self._watchers:
                        watcher.end()
                    return
            else:
                self._failures.ended()
                saw_at = time.monotonic()
            await asyncio.sleep(max(0.0, LOOK_SECONDS - (time.monotonic() - began)))

    async def _look(self) -> None:
        asked = {watcher.name for watcher in self._watchers}
        online = await self._gateway.online_mitras()
        look = await self._run(figures.live_look, watchers=sorted(asked), online_mitras=online)
        if self._last is None or self._last.version != look.version:
            self._last = Look(look.version, msgspec.json.decode(look.dashboard, type=Dashboard))
            metrics.live_changes.inc()
        refused = set(look.refused)
        for watcher in self._watchers:
            if watcher.name in refused:
                watcher.end()
            else:
                watcher.show(self._last)
