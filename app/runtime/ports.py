"""The ports on which a process listens. When a port is taken, the error names the setting that chooses another."""

import socket

from app.settings import SettingsError


def reserve(host: str, port: int, *, setting: str, is_shared: bool = False) -> socket.socket:
    """A socket that is bound to the port and does not listen yet. Raises SettingsError, which names `setting`.

    With `is_shared` the port may be bound already, by sockets that share it.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named; otherwise an answer may wait for 40 ms
    reserved = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if is_shared:
        share(reserved)
    if family == socket.AF_INET6:
        reserved.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # :: is every address, those of IPv4 too
    try:
        reserved.bind((host, port))
    except OSError as error:
        reserved.close()
        raise SettingsError([f"{setting}: {host}:{port} can't be used: {error.strerror}"]) from error
    return reserved


def share(reserved: socket.socket) -> None:
    """Let other sockets of this user be bound to the same port: the system deals connections out to all that listen.

    A port that is reserved first, and shared only then, is not another program's.
    """
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)


def reachable(host: str) -> str:
    """The host by which this machine reaches a server that listens on `host`."""
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not listened on
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host
