"""The id under which a request is logged and answered: the caller's own, or a new one."""

import re
import secrets
from binascii import hexlify
from collections.abc import Callable
from itertools import chain
from struct import Struct

HEADER = "X-Request-ID"

_GOOD = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
_BYTES = 16
_DRAWN_AT_ONCE = 64
_IDS = Struct(f"{2 * _BYTES}s" * _DRAWN_AT_ONCE)


def request_id(given: str | None) -> str:
    """The id that the caller gave, if it is one; otherwise a new one."""
    return given if given and _GOOD.fullmatch(given) else new()


def new() -> str:
    """A random id of 32 hexadecimal digits."""
    return new_bytes().decode()


def _draw() -> tuple[bytes, ...]:
    """Many at once: to ask the system costs more than to cut what it gives."""
    ids: tuple[bytes, ...] = _IDS.unpack(hexlify(secrets.token_bytes(_BYTES * _DRAWN_AT_ONCE)))
    return ids


new_bytes: Callable[[], bytes] = chain.from_iterable(iter(_draw, None)).__next__
"""The same in bytes."""
