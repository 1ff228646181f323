"""The id under which a request is logged and answered: the caller's own, or a new one."""

import re
import secrets

HEADER = "X-Request-ID"

_GOOD = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
_BYTES = 16
_DRAWN_AT_ONCE = 64

_drawn: list[bytes] = []


def request_id(given: str | None) -> str:
    """The id that the caller gave, if it is one; otherwise a new one."""
    return given if given and _GOOD.fullmatch(given) else new()


def new() -> str:
    """A random id of 32 hexadecimal digits."""
    return new_bytes().decode()


def new_bytes() -> bytes:
    """The same in bytes. Many are drawn at once: to ask the system costs more than to cut a text."""
    if not _drawn:
        digits = secrets.token_hex(_BYTES * _DRAWN_AT_ONCE).encode()
        _drawn.extend(digits[start : start + 2 * _BYTES] for start in range(0, len(digits), 2 * _BYTES))
    return _drawn.pop()
