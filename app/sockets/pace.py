"""How often a user may do something, counted in this process: to ask Valkey would cost more than the work itself."""

import math
from time import monotonic

from limits import parse

from app.problems import Problem

REMEMBERED = 20_000
ROUNDING_SECONDS = 1e-6


class Pace:
    """A number of steps at once in a period, and then one by one as time passes. It keeps one number for each user."""

    def __init__(self, rate: str) -> None:
        """`rate` as in the settings, such as "60 per 10 seconds"."""
        item = parse(rate)
        self._period = float(item.get_expiry())
        self._interval = self._period / item.amount
        self._paid_until: dict[str, float] = {}

    def step(self, user: str) -> None:
        """Count one more step. Refuses with RATE_LIMITED when that is too fast."""
        now = monotonic()
        paid_until = max(now, self._paid_until.get(user, 0.0)) + self._interval
        wait = paid_until - now - self._period
        if wait > ROUNDING_SECONDS:
            raise Problem("RATE_LIMITED", headers={"Retry-After": str(math.ceil(wait))})
        if len(self._paid_until) >= REMEMBERED:
            self._paid_until = {name: until for name, until in self._paid_until.items() if until > now}
        self._paid_until[user] = paid_until
