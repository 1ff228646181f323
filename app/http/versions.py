"""`If-Match`: a change names the version that was read, and is refused when there is a newer one.

The reply about something that operators edit carries its `version`, and the version as `ETag`.
"""

import re

import msgspec

from app.problems import Problem

HEADER = "If-Match"

# A tag names a version and not bytes, so one that a proxy made weak, and a number without quotes, say the same.
_VERSION = re.compile(r'(?:W/)?"([1-9][0-9]{0,8})"|([1-9][0-9]{0,8})')


class _Versioned(msgspec.Struct, frozen=True):
    version: int


def read(header: str | None) -> int:
    """The version in the header.

    Raises VERSION_REQUIRED without it, and VALIDATION_ERROR for what does not name one version.
    """
    if header is None:
        raise Problem("VERSION_REQUIRED", hint='Send the ETag of what you read, such as If-Match: "3".')
    named = _VERSION.fullmatch(header.strip())
    if named is None:
        raise Problem(
            "VALIDATION_ERROR",
            "If-Match names one version, neither several nor any.",
            field=HEADER,
            hint='Send the ETag of what you read, such as If-Match: "3".',
        )
    return int(named[1] or named[2])


def tag(reply: bytes) -> str:
    """The ETag of a reply that has a version, without its quotes."""
    return str(msgspec.json.decode(reply, type=_Versioned).version)
