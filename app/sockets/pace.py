"""How fast somebody may go on, counted in this process: asking elsewhere would cost more than what is counted."""

import math
from time import monotonic

from limits import parse

from app.problems import Problem

REMEMBERED = 20_000
ROUNDING_SECONDS = 1e-6


class Pace:
    """So many in a period at once, and then one by one as time passes. One number a user is all it keeps."""

    def __init__(self, rate: str) -> None:
        """`rate` as in the settings, such as "60 per 10 seconds"."""
        item = parse(rate)
        self._period = float(item.get_expiry())
        self._interval = self._period / item.amount
        self._paid_until: dict[str, float] = {}

    def step(self, user: str) -> None:
        """Count one more. Refuses with RATE_LIMITED what is too fast."""
        now = monotonic()
        paid_until = max(now, self._paid_until.get(user, 0.0)) + self._interval
        wait = paid_until - now - self._period
        if wait > ROUNDING_SECONDS:
            raise Problem("RATE_LIMITED", headers={"Retry-After": str(math.ceil(wait))})
        if len(self._paid_until) >= REMEMBERED:
            self._paid_until = {one: until for one, until in self._paid_until.items() if until > now}
        self._paid_until[user] = paid_until
