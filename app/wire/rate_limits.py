"""Rate limits, counted in Valkey for all instances, and in this process for the time when Valkey is away."""

import hashlib
import math
import time
from typing import Any

import structlog
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError

from app.observability.faults import Series
from app.problems import Problem

log = structlog.get_logger(__name__)

# After an error Valkey is not asked for this long, so that an outage does not cost every request a time-out.
VALKEY_PAUSE_SECONDS = 1.0
_VALKEY_FAULTS = (StorageError, OSError)


class _ValkeyStorage(RedisStorage):
    """The library's storage on a client of ours, which knows every form of VALKEY_URL and its time-outs."""

    def __init__(self, client: Any, key_prefix: str) -> None:
        self._client = client
        super().__init__("async+valkey://", wrap_exceptions=True, key_prefix=f"{key_prefix}limits")

    def configure_bridge(self) -> None:
        bridge: Any = self.bridge
        bridge.storage = self._client
        bridge.connection_getter = lambda _readonly: self._client


class RateLimits:
    """Counts how often each client did something, in windows that move with the clock.

    A hit is counted in Valkey first, and in this process when Valkey did not refuse it: what is refused is counted
    nowhere. So this process refuses nobody alone, unless Valkey was away; and its count is there when Valkey goes away.
    """

    def __init__(self, valkey: Any, key_prefix: str) -> None:
        self._cluster = MovingWindowRateLimiter(_ValkeyStorage(valkey, key_prefix))
        self._process = MovingWindowRateLimiter(MemoryStorage())
        self._valkey_again_at = 0.0
        self._failures = Series(log, "rate_limits_of_this_process_only")

    async def hit(self, name: str, rate: str, who: str) -> None:
        """Count one more `name` by `who`. Refuses a hit above `rate` with `RATE_LIMITED` and `Retry-After`."""
        item = parse(rate)
        key = hashlib.sha256(who.encode()).hexdigest()[:32]  # phones and addresses don't belong into key names
        if not await self._hit_cluster(item, name, key):
            refuses = self._cluster
        elif not await self._process.hit(item, name, key):
            refuses = self._process
        else:
            return
        raise Problem("RATE_LIMITED", headers={"Retry-After": str(await _wait(refuses, item, name, key))})

    async def _hit_cluster(self, item: RateLimitItem, name: str, key: str) -> bool:
        if time.monotonic() < self._valkey_again_at:
            return True
        try:
            is_within = await self._cluster.hit(item, name, key)
        except _VALKEY_FAULTS as error:
            self._valkey_again_at = time.monotonic() + VALKEY_PAUSE_SECONDS
            self._failures.failed(error.storage_error if isinstance(error, StorageError) else error)
            return True
        self._failures.ended()
        return is_within


async def _wait(limiter: MovingWindowRateLimiter, item: RateLimitItem, name: str, key: str) -> int:
    """Say after how many seconds the oldest hit leaves the window."""
    try:
        window = await limiter.get_window_stats(item, name, key)
    except _VALKEY_FAULTS:
        return item.get_expiry()
    return max(1, math.ceil(window.reset_time - time.time()))
