"""Why the server ends a socket: close codes, in one place."""

from enum import IntEnum

from app.wire.socket_limits import SUBPROTOCOL


class Close(IntEnum):
    """Close codes of the server. A client reconnects with jitter, after 4401 with a new token, and after 4403 never."""

    FRAME_TOO_LARGE = 1009
    RESTARTING = 1012
    TRY_AGAIN_LATER = 1013
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    BEHIND = 4408


REASONS = {
    Close.FRAME_TOO_LARGE: "The frame is larger than 64 KiB.",
    Close.RESTARTING: "The server restarts; reconnect with jitter.",
    Close.TRY_AGAIN_LATER: "The server can't serve this socket now; reconnect with jitter.",
    Close.MALFORMED: "Frames were malformed repeatedly.",
    Close.UNAUTHENTICATED: "A valid access token is needed.",
    Close.FORBIDDEN: "This login has ended, or may not open this socket.",
    Close.BEHIND: "Too much waits to be read; reconnect and resume.",
}
"""What a close frame says to people, in at most 123 bytes."""

OTHER_SUBPROTOCOL = f"Offer the subprotocol {SUBPROTOCOL}, or none and send an auth frame."
"""The reason for 4400 when a client offers only subprotocols that the server does not speak."""
