"""How often Python looks for cycles of objects that nothing else refers to.

Its usual thresholds are those of small programs: in a process with a thousand sockets, whose objects last, it looks
through all of them again and again, to find nearly nothing, while everybody waits. Reference counts free most of the
rest at once; a socket that has ended holds cycles, and is freed at a later look.
"""

import gc

YOUNG_OBJECTS = 50_000
"""More than so many objects that were made and not freed since are looked through: some milliseconds."""

YOUNG_LOOKS, MIDDLE_LOOKS = 20, 5
"""After so many looks at the young, and at those that outlived them, the next older ones are looked through, too."""


def look_seldom() -> None:
    """Leave what is there by now alone for good, and look through what comes seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)
