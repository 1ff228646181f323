"""Characters that PostgreSQL can't store: NUL, and half of a surrogate pair.

In what our own clients send they are refused, with the name of the field. In what a payment provider sends they are
replaced, because what it says counts all the same.
"""

import re
from typing import Any, Final

import msgspec

from app.problems import Problem

NUL: Final = "\0"

# An escaped backslash and a whole surrogate pair match first, so that `bad` matches only single halves and NULs.
_ESCAPES = re.compile(
    rb"\\(?:\\|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<bad>u0000|u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)


def refuse(sent: object) -> None:
    """Refuse a struct or a mapping in which a text has NUL, with `VALIDATION_ERROR` and the field's name."""
    field = _place(msgspec.to_builtins(sent, enc_hook=str))
    if field is not None:
        raise Problem("VALIDATION_ERROR", "A text has no character NUL.", field=field or None, hint="Leave it out.")


def replaced(document: bytes) -> bytes:
    """The JSON document with U+FFFD in place of what PostgreSQL can't store and what is not UTF-8."""
    text = document.decode(errors="replace").replace(NUL, "\ufffd").encode()
    return _ESCAPES.sub(lambda match: rb"\ufffd" if match["bad"] else match[0], text)


def _place(value: Any) -> str | None:
    """Where in a document the first text with NUL is, as a path of names; empty for the document itself."""
    if isinstance(value, str):
        return "" if NUL in value else None
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        place = _place(part)
        if place is not None:
            return f"{name}.{place}" if place else str(name)
    return None
