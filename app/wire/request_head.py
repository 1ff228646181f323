"""The rules for a request's head: RFC 9112 says to refuse some heads that the parser lets pass."""

import re
from functools import lru_cache

import falcon

from app.problems import Problem
from app.wire.bounds import Bounds

EMPTY_LINE = b"\r\n\r\n"
"""The end of a line and the empty line after it: the end of a head, and of a body in chunks."""

_REQUEST_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([^\s]+) HTTP/([0-9]\.[0-9])\r\n")
_TARGET = re.compile(
    rb"(?:[Hh][Tt][Tt][Pp][Ss]?://(?P<authority>[^\s/?#@]+)(?=[/?]|$)|(?=/))(?P<path>(?:/[^\s?#]*)?(?:\?[^\s#]*)?)"
)
_HOST = re.compile(rb"(?:[0-9A-Za-z._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::[0-9]*)?")
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]")
_UPGRADE = re.compile(rb"\r\nupgrade(?=:[ \t]*([^\r\n]*?)[ \t]*\r\n)", re.IGNORECASE)
_GET = re.compile(rb"GET [^\s]+ HTTP/1\.1\r\n")
_NO_UPGRADE = b"\r\nignored"
_BARE_LINE_FEED = re.compile(rb"(?<!\r)\n")
_METHODS = frozenset({b"QUERY", *(method.encode() for method in falcon.HTTP_METHODS)} - {b"CONNECT"})
_SERVER_WIDE = b"*"


class RefusedRequest(Exception):  # noqa: N818  # a request, before it is an error
    """What the client sends can't be served; carries the answer."""

    def __init__(self, code: str, detail: str | None = None) -> None:
        super().__init__(code)
        self.problem = Problem(code, detail)


def find_head(received: bytearray, searched: int, bounds: Bounds, *, takes_sockets: bool) -> int:
    """How many of the bytes received are a request's head; 0 while it has no end. Refuses what can't be served.

    Empty lines before the head are dropped. The first `searched` bytes are known to have no end of a head.
    """
    while received.startswith(b"\r\n"):
        del received[:2]
    end = received.find(EMPTY_LINE, max(0, searched - len(EMPTY_LINE)))
    size = end + len(EMPTY_LINE) if end >= 0 else len(received)
    line_end = received.find(b"\r\n", 0, bounds.request_line_bytes)
    if line_end < 0 and size > bounds.request_line_bytes:
        raise RefusedRequest("URI_TOO_LONG")
    if size > bounds.head_bytes or received.count(b"\r\n", 0, size) > bounds.fields + 2:
        raise RefusedRequest("HEADERS_TOO_LARGE")
    if end < 0:
        _judge_beginning(received, line_end)
        return 0
    _judge_request_line(bytes(received[: line_end + 2]))
    _hide_upgrade(received, size, takes_sockets=takes_sockets)
    return size


def _judge_beginning(received: bytearray, line_end: int) -> None:
    """Refuse a half head that can't become right, instead of waiting for the rest of it.

    `line_end` is where the first line ends, -1 while it has no end. Of an empty line the first half may have come.
    """
    if (
        (received.removeprefix(b"\r") and not _TOKEN.match(received))
        or (line_end >= 0 and not _REQUEST_LINE.match(received))
        or _BARE_LINE_FEED.search(received)
    ):
        raise RefusedRequest("BAD_REQUEST", "That is no HTTP/1.1 request.")


@lru_cache(maxsize=512)
def _judge_request_line(received: bytes) -> None:
    """Refuse a first line with another version, method or target than the server serves."""
    line = _REQUEST_LINE.fullmatch(received)
    if line is None:
        raise RefusedRequest("BAD_REQUEST", "The first line is not the one of an HTTP/1.1 request.")
    method, target, version = line.groups()
    if version not in (b"1.1", b"1.0"):
        raise RefusedRequest("HTTP_VERSION_NOT_SUPPORTED")
    if method not in _METHODS:
        raise RefusedRequest("NOT_IMPLEMENTED")
    if not _TARGET.fullmatch(target) and not (target == _SERVER_WIDE and method == b"OPTIONS"):
        raise RefusedRequest("BAD_REQUEST", "The request names no path of this server.")


def _hide_upgrade(received: bytearray, size: int, *, takes_sockets: bool) -> None:
    """Rename the Upgrade fields of a head of `size` bytes, unless they ask for a WebSocket that the app takes.

    The parser would skip the body of a request with an Upgrade field, and everything after it.
    """
    if b"\r\nupgrade" not in received[:size].lower():
        return
    asked = [protocol.lower() for protocol in _UPGRADE.findall(received, 0, size)]
    is_handshake = asked == [b"websocket"] and _GET.match(received) and takes_sockets
    if asked and not is_handshake:
        received[:size] = _UPGRADE.sub(_NO_UPGRADE, received[:size])


def split_target(target: bytes) -> tuple[bytes | None, bytes]:
    """Split a request's target into its authority, which stands for the Host, and its path; often it is a path only."""
    if target.startswith(b"/"):
        return None, target
    parts = _TARGET.fullmatch(target)
    if parts is None or parts["authority"] is None:
        return None, target
    if not _is_host(parts["authority"]):
        raise RefusedRequest("BAD_REQUEST", "The request's authority is none.")
    path: bytes = parts["path"]
    return parts["authority"], path if path.startswith(b"/") else b"/" + path


@lru_cache(maxsize=512)
def _is_host(value: bytes) -> bool:
    return _HOST.fullmatch(value) is not None


_COUNTING = frozenset({b"host", b"transfer-encoding", b"content-length", b"expect"})


class HeadFields:
    """The header fields that say where a request ends, for whom it is, and what the client waits for."""

    __slots__ = ("_codings", "_hosts", "expectation", "length")

    def __init__(self, headers: list[tuple[bytes, bytes]], *, most_bytes: int) -> None:
        """`headers` are all fields, their names in lower case. Refuses a field of more than `most_bytes`."""
        self._hosts: list[bytes] = []
        self._codings: list[bytes] = []
        self.length = 0
        """The Content-Length."""
        self.expectation = b""
        """The Expect field, in lower case."""
        for name, value in headers:
            if len(name) + len(value) > most_bytes:
                raise RefusedRequest("HEADERS_TOO_LARGE")
            if name in _COUNTING:
                self._take(name, value)

    @property
    def is_chunked(self) -> bool:
        """Whether the body itself says where it ends."""
        return bool(self._codings)

    @property
    def has_body(self) -> bool:
        """Whether a body follows, or the client waits to be asked for it."""
        return bool(self.length or self._codings or self.expectation)

    def _take(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts.append(value)
        elif name == b"transfer-encoding":
            self._codings += [coding.strip() for coding in value.lower().split(b",")]
        elif name == b"content-length":
            self.length = int(value)
        else:
            self.expectation = value.lower()

    def judge(self, *, is_1_0: bool) -> None:
        """Refuse fields that contradict each other, or that the server does not serve. HTTP/1.0 needs no Host."""
        if len(self._hosts) > 1 or (not self._hosts and not is_1_0):
            raise RefusedRequest("BAD_REQUEST", "A request has one Host.")
        if self._hosts and not _is_host(self._hosts[0]):
            raise RefusedRequest("BAD_REQUEST", "The Host is none.")
        if self._codings:
            if is_1_0 or self._codings[-1] != b"chunked":
                raise RefusedRequest("BAD_REQUEST", "The body's end can't be told from its Transfer-Encoding.")
            if len(self._codings) > 1:
                raise RefusedRequest("NOT_IMPLEMENTED", "The server knows no transfer coding but chunked.")
        if self.expectation and self.expectation != b"100-continue" and not is_1_0:
            raise RefusedRequest("EXPECTATION_FAILED")
