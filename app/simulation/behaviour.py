"""How simulated people behave: the chances of what they do, and how long they take."""

import random
from dataclasses import dataclass

Range = tuple[float, float]

SHORTEST_MINUTES = 3
"""Shorter packages are for people at `/demo`: simulated customers buy none, and simulated mitras decline them."""


@dataclass(frozen=True)
class Behaviour:
    """Chances between 0 and 1, and ranges of seconds from which a time is drawn."""

    accepts: float
    declines: float
    """An offer that is neither accepted nor declined is ignored until it expires."""
    mitra_reacts: Range
    mitra_works: Range
    """Time online before a break."""
    mitra_rests: Range
    customer_thinks: Range
    """Time between two visits, and before the first visit."""
    customer_pays: Range
    customer_changes_mind: float
    """The customer cancels the payment request and pays nothing."""
    customer_gives_up: float
    """The customer cancels a search that takes longer than `gives_up_after`."""
    gives_up_after: Range
    chats: Range
    writes: Range
    """Time between two messages of one person in one session."""
    lets_time_run_out: float
    """The customer stays until the session's time is over."""
    never_writes: float
    """The mitra takes a session and writes nothing in it."""
    complains: float
    """After a session with a mitra who is known for it, the customer reports and blocks the mitra."""

    @staticmethod
    def draw(pace: Range) -> float:
        """A random number of seconds out of a range."""
        return random.uniform(*pace)

    @staticmethod
    def happens(chance: float) -> bool:
        """Whether something with this chance happens now."""
        return random.random() < chance


BRISK = Behaviour(
    accepts=0.86,
    declines=0.08,
    mitra_reacts=(0.2, 1.5),
    mitra_works=(40, 160),
    mitra_rests=(2, 6),
    customer_thinks=(1, 9),
    customer_pays=(0.1, 1),
    customer_changes_mind=0.03,
    customer_gives_up=0.05,
    gives_up_after=(1, 12),
    chats=(4, 22),
    writes=(1, 6),
    lets_time_run_out=0.0,
    never_writes=0.04,
    complains=0.2,
)
"""For a run of about a minute: people end their sessions long before the time is over."""

CALM = Behaviour(
    accepts=0.8,
    declines=0.1,
    mitra_reacts=(1, 6),
    mitra_works=(300, 1800),
    mitra_rests=(10, 60),
    customer_thinks=(3, 30),
    customer_pays=(1, 5),
    customer_changes_mind=0.08,
    customer_gives_up=0.08,
    gives_up_after=(4, 30),
    chats=(20, 150),
    writes=(3, 20),
    lets_time_run_out=0.02,  # rarely: a session that lasts its 15 minutes shows little
    never_writes=0.06,
    complains=0.2,
)
"""For a fleet that runs without end, beside `halobestie run`."""
