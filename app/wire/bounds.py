"""What one HTTP connection may take, in bytes, seconds and counts."""

from typing import NamedTuple


class Bounds(NamedTuple):
    """The limits of one connection."""

    request_line_bytes: int = 8_000
    field_bytes: int = 8_000
    """Of one header field: the library that reads a socket's handshake takes 8,192."""

    fields: int = 100
    head_bytes: int = 32 * 1024
    body_bytes: int = 512 * 1024
    """As it is sent, chunk sizes and extensions included; the app refuses a body that holds over 64 KiB."""

    chunks: int = 2_000
    """Of one body: each chunk costs as much as a header field."""

    kernel_bytes: int = 64 * 1024
    """What the operating system may keep each way. It takes twice that, and megabytes if it is not told."""

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    idle_seconds: float = 75.0
    """Between two requests: longer than load balancers keep idle connections, so that the balancer closes first."""

    unread_seconds: float = 30.0
    """How long an answer may wait for a client that does not read."""

    linger_seconds: float = 2.0
    """How long a refused client may still send: if its connection were cut at once, it might never read the answer."""

    close_seconds: float = 10.0
    cut_seconds: float = 5.5
    """So long after a shutdown began, every request that is still being served is answered 503.

    Later than a request that waits for PostgreSQL is refused, and before uvicorn cancels what still runs.
    """
