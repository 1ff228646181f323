"""Names that nobody has yet."""

from uuid import uuid4

_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def new_name() -> str:
    """A name without digits: some runs of digits look like a phone, and may not be in an address."""
    return uuid4().hex.translate(_LETTERS)
