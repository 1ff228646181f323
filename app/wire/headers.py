"""The headers that every answer carries, unless it says otherwise."""

from collections.abc import Collection

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}

_LINES = {name.lower().encode(): f"{name.lower()}: {value}\r\n".encode() for name, value in SECURITY_HEADERS.items()}
_ALL_LINES = b"".join(_LINES.values())


def security_lines(given: Collection[bytes]) -> bytes:
    """Those of the headers that an answer does not give itself, as they are sent; its names are in lower case."""
    if _LINES.keys().isdisjoint(given):
        return _ALL_LINES
    return b"".join(line for name, line in _LINES.items() if name not in given)


class ServerLines:
    """The headers that the server itself adds, as they are sent; it makes a new list of them each second."""

    __slots__ = ("_headers", "_lines")

    def __init__(self) -> None:
        self._headers: list[tuple[bytes, bytes]] | None = None
        self._lines = b""

    def of(self, headers: list[tuple[bytes, bytes]]) -> bytes:
        """These headers; the same list is written once."""
        if headers is not self._headers:
            self._headers = headers
            self._lines = b"".join(b"%b: %b\r\n" % header for header in headers)
        return self._lines
