"""How simulated people behave: chances and paces, in one place."""

import random
from dataclasses import dataclass

Range = tuple[float, float]


@dataclass(frozen=True)
class Temper:
    """Chances between 0 and 1, and ranges of seconds from which a pace is drawn."""

    accepts: float
    declines: float
    """What is neither accepted nor declined is ignored until it expires."""
    mitra_reacts: Range
    mitra_works: Range
    """Online in one go, before a break."""
    mitra_rests: Range
    customer_thinks: Range
    """Between two visits, and before the first."""
    customer_pays: Range
    customer_changes_mind: float
    """Leaves the payment link unpaid."""
    customer_gives_up: float
    """Cancels a search that takes long."""
    gives_up_after: Range
    chats: Range
    writes: Range
    """Between two messages of one person in one session."""
    lets_time_run_out: float
    """Stays until the session's clock has run out."""

    @staticmethod
    def draw(pace: Range) -> float:
        """A number of seconds out of a range."""
        return random.uniform(*pace)

    @staticmethod
    def happens(chance: float) -> bool:
        """Whether something of this chance happens now."""
        return random.random() < chance


BRISK = Temper(
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
)
"""For a run of a minute or so: sessions, which are bought by the minute, end early."""

CALM = Temper(
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
    lets_time_run_out=0.02,  # a session of 15 minutes moves little
)
"""For a fleet that lives on for as long as somebody watches."""
