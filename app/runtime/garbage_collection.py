"""How often Python's garbage collector looks for cycles: objects that only refer to each other.

Python's usual thresholds suit small programs. In a process with a thousand sockets, whose objects live long, the
collector looks through all of them again and again and finds nearly nothing, while all requests wait. Reference counts
free most other objects at once. Only an ended socket leaves cycles, which a later look frees.
"""

import gc

YOUNG_OBJECTS = 50_000
"""A look begins when so many objects were made since the last look and are not freed; it takes some milliseconds."""

YOUNG_LOOKS, MIDDLE_LOOKS = 20, 5
"""After so many looks at young objects, middle-aged ones are looked through; after so many of these, old ones."""


def look_seldom() -> None:
    """Never look through the objects that exist now, and look seldom through objects that are made later."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, YOUNG_LOOKS, MIDDLE_LOOKS)
